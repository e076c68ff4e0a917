// u = v · f'(z), where y = f(z) has the sign of z, and of each chunk of each channel Σu.

@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> u: array<f32>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>;

fn each(seat: Seat, i: u32) {
    let chunk = chunk_of(i);
    var sum = 0.0;
    for (var k = chunk.first + seat.member; k < chunk.end; k += TEAM) {
        let at = position(chunk.channel, k);
        let gradient = activated_gradient(v[at], y[at]);
        u[at] = gradient;
        sum += gradient;
    }
    sum = team_sum(seat, sum);
    if leads(seat, i) {
        sums[i] = sum;
    }
}
