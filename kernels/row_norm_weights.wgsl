// The gradients of weight and bias of a norm of rows: Σ v·x̂ and Σ v over all positions of a
// segment in each k-th row. A group of threads takes a segment.
//
// Joined with group.wgsl, which adds up the threads' sums.

struct Params {
    rows: u32,
    k: u32,
    segments: u32,
    positions: u32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> mean_of: array<f32>;
@group(0) @binding(4) var<storage, read> rstd_of: array<f32>;
@group(0) @binding(5) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(6) var<storage, read_write> dbias: array<f32>;

const WORKGROUP: u32 = 256u;

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup_id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let segments = params.k * params.segments;
    let first_segment = (workgroup_id.y * grid.x + workgroup_id.x) * GROUPS;
    if first_segment >= segments {
        return;
    }
    // Threads of a group read neighbours, unless a segment has fewer numbers than they are.
    let lane = lane_of(thread, params.positions < GROUP);
    let segment = first_segment + lane.group;
    let count = select(0u, params.rows / params.k * params.positions, segment < segments);
    var sums = vec2<f32>(0.0, 0.0);
    for (var i = lane.rank; i < count; i += GROUP) {
        let row = i / params.positions * params.k + segment / params.segments;
        let at = (row * params.segments + segment % params.segments) * params.positions + i % params.positions;
        sums += vec2<f32>(v[at] * ((x[at] - mean_of[row]) * rstd_of[row]), v[at]);
    }
    sums = group_sums(lane, sums);
    if is_leader(lane) && segment < segments {
        dweight[segment] = sums.x;
        dbias[segment] = sums.y;
    }
}
