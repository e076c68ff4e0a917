// Of each chunk of a tensor the largest magnitude, and the sum of the squares in units of it.

struct Params {
    count: u32,
    // Chunks of the tensors before this one.
    before: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> largest_of: array<f32>;
@group(0) @binding(3) var<storage, read_write> squares_of: array<f32>;

const LANES: u32 = 256u;
const TEAM: u32 = LANES;
const CHUNK: u32 = 4096u;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let seat = seat_of(lane, false);
    let chunk = folded(group, grid);
    let first = chunk * CHUNK;
    if first >= params.count {
        return;
    }
    let end = min(first + CHUNK, params.count);
    var largest = 0.0;
    for (var k = first + lane; k < end; k += LANES) {
        largest = larger(largest, abs(x[k]));
    }
    largest = team_largest(seat, largest);
    var squares = 0.0;
    for (var k = first + lane; k < end; k += LANES) {
        let scaled = x[k] * inverse_unit(largest);
        squares += scaled * scaled;
    }
    squares = team_sum(seat, squares);
    if lane == 0u {
        largest_of[params.before + chunk] = largest;
        squares_of[params.before + chunk] = squares;
    }
}
