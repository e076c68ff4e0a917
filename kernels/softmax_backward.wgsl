// The derivative of softmax by its result y [rows, length], y · (v − Σ v·y), or of its logarithm if `LOG`, v − eʸ · Σ v: a
// workgroup for each row.
//
// Joined with group.wgsl, which gives the row's sum.

struct Params {
    rows: u32,
    length: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

const WORKGROUP: u32 = 64u;
const GROUP: u32 = WORKGROUP;

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup_id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let row = workgroup_id.y * grid.x + workgroup_id.x;
    if row >= params.rows {
        return;
    }
    let lane = lane_of(thread, false);
    let first = row * params.length;
    let end = first + params.length;
    var sum = 0.0;
    for (var i = first + thread; i < end; i += WORKGROUP) {
        if LOG {
            sum += v[i];
        } else {
            sum += v[i] * y[i];
        }
    }
    sum = group_sum(lane, sum);
    for (var i = first + thread; i < end; i += WORKGROUP) {
        if LOG {
            dx[i] = v[i] - exp(y[i]) * sum;
        } else {
            dx[i] = y[i] * (v[i] - sum);
        }
    }
}
