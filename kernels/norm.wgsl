// √(Σ x²) from the largest magnitude of each chunk and the sum of its squares in units of that; one workgroup.

struct Params {
    chunks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> largest_of: array<f32>;
@group(0) @binding(2) var<storage, read> squares_of: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const LANES: u32 = 256u;
const TEAM: u32 = LANES;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let seat = seat_of(lane, false);
    if folded(group, grid) > 0u {
        return;
    }
    var largest = 0.0;
    for (var k = lane; k < params.chunks; k += LANES) {
        largest = larger(largest, largest_of[k]);
    }
    largest = team_largest(seat, largest);
    var squares = 0.0;
    for (var k = lane; k < params.chunks; k += LANES) {
        let ratio = unit(largest_of[k]) * inverse_unit(largest);
        squares += squares_of[k] * ratio * ratio;
    }
    squares = team_sum(seat, squares);
    if lane == 0u {
        // NaN or infinite if an element is.
        let finite = abs(largest) < infinity() && !is_nan(largest);
        out[0] = select(largest, sqrt(squares) * unit(largest), finite);
    }
}
