//! Shader modules and the pipeline cache. The only unsafe code of this crate.
#![allow(unsafe_code, reason = "see `module` and `cache`")]

/// Compiles WGSL, with run-time checks of indices, loops and divisors in debug builds alone, or if
/// `KILN_GPU_CHECKS=1` asks for them.
///
/// The checks keep shaders of strangers from reading other programs' memory; they cost some of the speed
/// of ours. What they would catch in kiln's kernels, the tests do: they run with them switched on.
pub fn module(device: &wgpu::Device, label: &str, text: String) -> wgpu::ShaderModule {
    let descriptor =
        wgpu::ShaderModuleDescriptor { label: Some(label), source: wgpu::ShaderSource::Wgsl(text.into()) };
    if cfg!(debug_assertions) || std::env::var("KILN_GPU_CHECKS").is_ok_and(|v| v == "1") {
        return device.create_shader_module(descriptor);
    }
    // SAFETY: a kernel indexes its buffers by layouts that `kiln_tensor` has checked against the storage
    // they see, by indices it compares with the axis's length first, and by numbers of threads that it
    // compares with the count. Its loops are counted, and it divides by lengths, strides and counts that
    // are not 0 whenever there is anything to compute. A fused kernel of another crate promises the same.
    unsafe { device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) }
}

/// A pipeline cache that starts with what an earlier one held.
pub fn cache(device: &wgpu::Device, data: Option<&[u8]>) -> wgpu::PipelineCache {
    let descriptor = wgpu::PipelineCacheDescriptor { label: Some("kiln"), data, fallback: true };
    // SAFETY: the data must be what a cache gave away. It comes from a file in the user's own cache folder,
    // which only `cache.rs` writes, and whose hash it has compared; a file damaged by chance gets no
    // further. wgpu and the driver compare adapter and version. Who can forge the file can as well replace
    // this program.
    unsafe { device.create_pipeline_cache(&descriptor) }
}
