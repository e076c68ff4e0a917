//! Whether a shader's workgroups fit a device. wgpu leaves their memory to the driver, which may crash.

use crate::context::one_line;
use kiln_tensor::{Error, Result};
use naga::{AddressSpace, front::wgsl};

/// Compares a shader's workgroups with what a device allows.
///
/// # Errors
/// [`Error::LimitExceeded`]; [`Error::Shader`] if it isn't WGSL, or its sizes aren't known before it runs.
pub fn check(kernel: &str, text: &str, limits: &wgpu::Limits) -> Result<()> {
    let refused = |diagnostic| Error::Shader { kernel: kernel.to_string(), diagnostic };
    let module = wgsl::parse_str(text).map_err(|error| refused(one_line(error.emit_to_string(text))))?;
    if !module.overrides.is_empty() {
        return Err(refused("it has an `override`; a kernel's variants are made by constants".to_string()));
    }
    let shared = module.global_variables.iter().filter(|(_, v)| v.space == AddressSpace::WorkGroup);
    let bytes = shared.map(|(_, v)| u64::from(module.types[v.ty].inner.size(module.to_ctx()))).sum();
    let threads = |entry: &naga::EntryPoint| entry.workgroup_size.iter().map(|n| u64::from(*n)).product();
    let threads = module.entry_points.iter().map(threads).max().unwrap_or(0);
    let most = |what: &str, need: u64, have: u32| {
        let what = format!("a workgroup of `{kernel}` in {what}");
        let have = u64::from(have);
        if need > have { Err(Error::LimitExceeded { what, need, have }) } else { Ok(()) }
    };
    most("bytes of memory", bytes, limits.max_compute_workgroup_storage_size)?;
    most("threads", threads, limits.max_compute_invocations_per_workgroup)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str) -> Result<(), String> {
        let text = format!("{body} fn main() {{}}");
        super::check("test", &text, &wgpu::Limits::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_workgroup_beyond_the_limits_is_named() {
        let memory = |n: u32| {
            format!("const N = {n}u; var<workgroup> all: array<f32, N>; @compute @workgroup_size(1)")
        };
        assert_eq!(check(&memory(4096)), Ok(()));
        let said = check(&memory(4097)).unwrap_err();
        assert!(
            said.contains("`test` in bytes of memory takes 16388, and this device allows 16384"),
            "{said}"
        );
        let said = check("@compute @workgroup_size(16, 17)").unwrap_err();
        assert!(said.contains("in threads takes 272, and this device allows 256"), "{said}");
        let said = check("override n: u32 = 1u; @compute @workgroup_size(n)").unwrap_err();
        assert!(said.contains("override"), "{said}");
    }
}
