// (first_out[i], second_out[i]) = Σₚ parts[p · outputs + i], a group of threads for each pair; 0 of none.
//
// Joined with group.wgsl, which adds up the threads' sums.

struct Params {
    outputs: u32,
    parts: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> first_out: array<f32>;
@group(0) @binding(3) var<storage, read_write> second_out: array<f32>;

const WORKGROUP: u32 = 256u;

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup_id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let first = (workgroup_id.y * grid.x + workgroup_id.x) * GROUPS;
    if first >= params.outputs {
        return;
    }
    // Neighbouring outputs are neighbours in memory.
    let lane = lane_of(thread, true);
    let i = first + lane.group;
    let end = select(0u, params.parts, i < params.outputs);
    var sum = vec2<f32>();
    for (var p = lane.rank; p < end; p += GROUP) {
        sum += parts[p * params.outputs + i];
    }
    sum = group_sums(lane, sum);
    if is_leader(lane) && i < params.outputs {
        first_out[i] = sum.x;
        second_out[i] = sum.y;
    }
}
