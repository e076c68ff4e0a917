// √(Σ x²) from the largest magnitude of each chunk and the sum of its squares in units of that.

struct Params {
    chunks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> largest_of: array<f32>;
@group(0) @binding(2) var<storage, read> squares_of: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

fn count() -> u32 {
    return 1u;
}

fn each(seat: Seat, i: u32) {
    var largest = 0.0;
    for (var k = seat.member; k < params.chunks; k += TEAM) {
        largest = larger(largest, largest_of[k]);
    }
    largest = team_largest(seat, largest);
    var squares = 0.0;
    for (var k = seat.member; k < params.chunks; k += TEAM) {
        let ratio = unit(largest_of[k]) * inverse_unit(largest);
        squares += squares_of[k] * ratio * ratio;
    }
    squares = team_sum(seat, squares);
    if leads(seat, i) {
        // NaN or infinite if an element is.
        let finite = abs(largest) < infinity() && !is_nan(largest);
        out[0] = select(largest, sqrt(squares) * unit(largest), finite);
    }
}
