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

fn each(seat: Seat, i: u32) {
    let chunk = chunk_of(i);
    var largest = 0.0;
    for (var k = chunk.first + seat.member; k < chunk.end; k += TEAM) {
        largest = larger(largest, abs(x[k]));
    }
    largest = team_largest(seat, largest);
    var squares = 0.0;
    for (var k = chunk.first + seat.member; k < chunk.end; k += TEAM) {
        let scaled = x[k] * inverse_unit(largest);
        squares += scaled * scaled;
    }
    squares = team_sum(seat, squares);
    if leads(seat, i) {
        largest_of[params.before + i] = largest;
        squares_of[params.before + i] = squares;
    }
}
