// Of each chunk of each channel Σu·x̂ and Σu: u is the gradient in front of the activation, x̂ the standard
// form of x.

@group(0) @binding(6) var<storage, read> v: array<f32>;
@group(0) @binding(7) var<storage, read_write> sums: array<vec2<f32>>;

fn each(seat: Seat, i: u32) {
    let chunk = chunk_of(i);
    let line = line_of(chunk.channel);
    var sum = vec2<f32>();
    for (var k = chunk.first + seat.member; k < chunk.end; k += TEAM) {
        let at = position(chunk.channel, k);
        let hat = standard(line, at);
        let u = activated_gradient(v[at], weighted(line, hat));
        sum += vec2<f32>(u * hat, u);
    }
    sum = team_sums(seat, sum);
    if leads(seat, i) {
        sums[i] = sum;
    }
}
