// The gradient of x of a norm of rows, from that of y: a group of threads for each row. With u the gradient
// times the weight and x̂ the normalised x, (u − Σu/n − x̂·Σu·x̂/n) / √(var + eps), without Σu/n unless `CENTRED`.
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
@group(0) @binding(5) var<storage, read> weight: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;

const WORKGROUP: u32 = 256u;

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup_id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let first_row = (workgroup_id.y * grid.x + workgroup_id.x) * GROUPS;
    if first_row >= params.rows {
        return;
    }
    let lane = lane_of(thread, false);
    let row = first_row + lane.group;
    let length = params.segments * params.positions;
    // Groups past the last row have nothing to add.
    let exists = row < params.rows;
    let end = select(0u, length, exists);
    let first = row * length;
    let segment = row % params.k * params.segments;
    let mean = mean_of[select(0u, row, exists)];
    let rstd = rstd_of[select(0u, row, exists)];
    var sums = vec2<f32>(0.0, 0.0);
    for (var i = lane.rank; i < end; i += GROUP) {
        var u = v[first + i];
        if WEIGHT {
            u *= weight[segment + i / params.positions];
        }
        sums += vec2<f32>(u, u * ((x[first + i] - mean) * rstd));
    }
    sums = group_sums(lane, sums) / f32(length);
    if !CENTRED {
        sums.x = 0.0;
    }
    for (var i = lane.rank; i < end; i += GROUP) {
        var u = v[first + i];
        if WEIGHT {
            u *= weight[segment + i / params.positions];
        }
        dx[first + i] = rstd * (u - sums.x - (x[first + i] - mean) * rstd * sums.y);
    }
}
