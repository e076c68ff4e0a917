// Norms of rows [rows, segments, positions], with a weight and a bias for each segment if `WEIGHT` and `BIAS`; the same
// for each k-th row. A group of threads takes a row: y = (x − mean) / √(var + eps) · weight + bias. Unless `CENTRED`, the mean
// is 0 and the variance the mean of squares.
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
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> mean_of: array<f32>;
@group(0) @binding(6) var<storage, read_write> rstd_of: array<f32>;

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
    let end = select(0u, length, row < params.rows);
    let first = row * length;
    var mean = 0.0;
    if CENTRED {
        for (var i = lane.rank; i < end; i += GROUP) {
            mean += x[first + i];
        }
        mean = group_sum(lane, mean) / f32(length);
    }
    var squares = 0.0;
    for (var i = lane.rank; i < end; i += GROUP) {
        let distance = x[first + i] - mean;
        squares += distance * distance;
    }
    let rstd = 1.0 / sqrt(group_sum(lane, squares) / f32(length) + params.eps);
    let segment = row % params.k * params.segments;
    for (var i = lane.rank; i < end; i += GROUP) {
        var value = (x[first + i] - mean) * rstd;
        if WEIGHT {
            value *= weight[segment + i / params.positions];
        }
        if BIAS {
            value += bias[segment + i / params.positions];
        }
        y[first + i] = value;
    }
    if is_leader(lane) && row < params.rows {
        mean_of[row] = mean;
        rstd_of[row] = rstd;
    }
}
