// out = word, for every element.
//
// Joined with strided.wgsl, which gives an element's offset.

struct Params {
    views: Strided,
    word: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i < params.views.count {
        out[offsets_of(i).x] = params.word;
    }
}
