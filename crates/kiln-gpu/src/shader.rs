//! Shader modules. The only unsafe code of this crate.
#![allow(unsafe_code, reason = "see `module`")]

/// Compiles WGSL, with run-time checks of indices, loops and divisors in debug builds alone.
///
/// The checks keep shaders of strangers from reading other programs' memory; they cost some of the speed
/// of ours. What they would catch in kiln's kernels, the tests do: they run with them switched on.
pub fn module(device: &wgpu::Device, label: &str, text: String) -> wgpu::ShaderModule {
    let descriptor =
        wgpu::ShaderModuleDescriptor { label: Some(label), source: wgpu::ShaderSource::Wgsl(text.into()) };
    if cfg!(debug_assertions) {
        return device.create_shader_module(descriptor);
    }
    // SAFETY: a kernel indexes its buffers by layouts that `kiln_tensor` has checked against the storage
    // they see, by indices it compares with the axis's length first, and by numbers of threads that it
    // compares with the count. Its loops are counted, and it divides by lengths, strides and counts that
    // are not 0 whenever there is anything to compute. A fused kernel of somebody else promises the same.
    unsafe { device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) }
}
