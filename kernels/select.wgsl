// out = if mask { a } else { b }, element by element, for any type of 32 bits.
//
// Joined with strided.wgsl, which gives an element's offset in all four views.

struct Params {
    views: Strided,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> mask: array<u32>;
@group(0) @binding(2) var<storage, read> left: array<u32>;
@group(0) @binding(3) var<storage, read> right: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i < params.views.count {
        let at = offsets_of(i);
        out[at.x] = select(right[at.w], left[at.z], mask[at.y] != 0u);
    }
}
