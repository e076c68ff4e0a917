// Softmax of a row, or its logarithm if `LOG`: one workgroup for each row, in any layout.

struct Params {
    // The first elements of the rows of the output and the input.
    walk: Walk,
    length: u32,
    // The distance between neighbours of a row.
    out_step: u32,
    x_step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

const LANES: u32 = 64u;
const TEAM: u32 = LANES;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = folded(group, grid);
    if row >= params.walk.count {
        return;
    }
    let seat = seat_of(lane, false);
    let at = locate(row);
    var largest = x[at.y];
    for (var k = lane; k < params.length; k += LANES) {
        largest = larger(largest, x[at.y + k * params.x_step]);
    }
    // Subtracting the largest changes nothing but that no exponential overflows.
    largest = team_largest(seat, largest);
    var sum = 0.0;
    for (var k = lane; k < params.length; k += LANES) {
        sum += exp(x[at.y + k * params.x_step] - largest);
    }
    sum = team_sum(seat, sum);
    for (var k = lane; k < params.length; k += LANES) {
        let d = x[at.y + k * params.x_step] - largest;
        if LOG {
            out[at.x + k * params.out_step] = d - log(sum);
        } else {
            out[at.x + k * params.out_step] = exp(d) / sum;
        }
    }
}
