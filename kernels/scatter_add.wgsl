// Zeros, then out[.., index[.., i, ..], ..] += v[.., i, ..]: each thread owns one element of the output
// and looks through all that could go there, in order, so that sums are the same each time.

struct Params {
    // The output, the index and the values at place 0, and in the last view the output's place along
    // the axis.
    walk: Walk,
    // How many values there are along the axis, and the distance between them in each input.
    count: u32,
    index_step: u32,
    value_step: u32,
    // Of the output's axis.
    length: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read_write> fault: array<atomic<u32>, 4>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = folded(group, grid) * 256u + lane;
    if i < params.walk.count {
        let at = locate(i);
        var sum = 0.0;
        for (var k = 0u; k < params.count; k++) {
            let place = index[at.y + k * params.index_step];
            if place == at.w {
                sum += values[at.z + k * params.value_step];
            } else if place >= params.length && atomicExchange(&fault[0], 2u) == 0u {
                atomicStore(&fault[1], place);
                atomicStore(&fault[2], params.length);
            }
        }
        out[at.x] = sum;
    }
}
