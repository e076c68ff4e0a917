// Every element becomes the same word.

struct Params {
    walk: Walk,
    word: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = folded(group, grid) * 256u + lane;
    if i < params.walk.count {
        out[locate(i).x] = params.word;
    }
}
