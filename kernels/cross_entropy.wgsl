// Of each chunk of logits x and targets t the binary cross-entropy, Σ softplus(x) − x·t.

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> t: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

fn each(seat: Seat, i: u32) {
    let chunk = chunk_of(i);
    var sum = 0.0;
    for (var k = chunk.first + seat.member; k < chunk.end; k += TEAM) {
        sum += softplus(x[k]) - x[k] * t[k];
    }
    sum = team_sum(seat, sum);
    if leads(seat, i) {
        sums[i] = sum;
    }
}
