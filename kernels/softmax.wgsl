// Softmax of each row of x [rows, length], or its logarithm if `LOG`: a workgroup for each row.
//
// Joined with group.wgsl, which gives the row's maximum and its sum, and math.wgsl, which has log1p.

struct Params {
    rows: u32,
    length: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

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
    var largest = x[first];
    for (var i = first + thread; i < end; i += WORKGROUP) {
        largest = larger(largest, x[i]);
    }
    // Subtracting the largest changes nothing but that no exponential overflows.
    largest = group_max(lane, largest);
    // The exponentials that aren't 1, and the number of those that are: where one logit is far above all others, what these
    // add to 1 is lost in a sum of all, and with it all digits of that logit's logarithm.
    var sums = vec2<f32>(0.0, 0.0);
    for (var i = first + thread; i < end; i += WORKGROUP) {
        let difference = x[i] - largest;
        if difference == 0.0 {
            sums.y += 1.0;
        } else {
            sums.x += exp(difference);
        }
    }
    sums = group_sums(lane, sums);
    let log_sum = log1p(sums.x + (sums.y - 1.0));
    for (var i = first + thread; i < end; i += WORKGROUP) {
        if LOG {
            y[i] = (x[i] - largest) - log_sum;
        } else {
            y[i] = exp(x[i] - largest) / (sums.x + sums.y);
        }
    }
}
