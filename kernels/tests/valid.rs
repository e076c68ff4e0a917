//! Every variant of every kernel is valid WGSL and keeps to the limits that each WebGPU device has.

use kiln_kernels::{ALL, Shader, ShaderConstant};
use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, Module};

/// WebGPU's default limits, as in wgpu's `Limits::default()`.
const INVOCATIONS: u32 = 256;
const WORKGROUP_BYTES: u32 = 16_384;
const STORAGE_BUFFERS: usize = 8;
const UNIFORM_BYTES: u32 = 512;

fn check(shader: &Shader, constants: &[ShaderConstant]) {
    let text = shader.expand(constants).unwrap();
    let name = format!("{} {constants:?}", shader.name);
    let module: Module = naga::front::wgsl::parse_str(&text).unwrap_or_else(|e| {
        panic!("{name}: {}", e.emit_to_string(&text));
    });
    let validated = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module);
    validated.unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(&text)));
    let [entry] = &module.entry_points[..] else { panic!("{name}: wanted one entry point") };
    assert_eq!(entry.name, "main", "{name}");
    assert!(
        entry.workgroup_size.iter().product::<u32>() <= INVOCATIONS,
        "{name}: {:?}",
        entry.workgroup_size
    );
    let layout = |ty: naga::Handle<naga::Type>| module.types[ty].inner.size(module.to_ctx());
    let of = |wanted: fn(AddressSpace) -> bool| {
        module.global_variables.iter().map(|(_, v)| v).filter(move |v| wanted(v.space))
    };
    let shared: u32 = of(|s| s == AddressSpace::WorkGroup).map(|v| layout(v.ty)).sum();
    assert!(shared <= WORKGROUP_BYTES, "{name}: {shared} bytes of workgroup memory");
    let storage = of(|s| matches!(s, AddressSpace::Storage { .. })).count();
    assert!((1..=STORAGE_BUFFERS).contains(&storage), "{name}: {storage} storage buffers");
    let uniform: Vec<u32> = of(|s| s == AddressSpace::Uniform).map(|v| layout(v.ty)).collect();
    assert!(uniform.len() == 1 && uniform[0] <= UNIFORM_BYTES, "{name}: uniforms of {uniform:?} bytes");
}

#[test]
fn every_variant_is_valid() {
    for shader in ALL {
        shader.variants().iter().for_each(|constants| check(shader, constants));
    }
}

#[test]
fn names_are_unique() {
    let names: std::collections::HashSet<&str> = ALL.iter().map(|shader| shader.name).collect();
    assert_eq!(names.len(), ALL.len());
}
