// The mean and the variance of each chunk of each channel; NaN of none. A team takes a chunk and reads it
// twice, so that no digits are lost however far from 0 the mean is.

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> means: array<f32>;
@group(0) @binding(3) var<storage, read_write> variances: array<f32>;

fn each(seat: Seat, i: u32) {
    let chunk = chunk_of(i);
    let size = f32(chunk.end - min(chunk.first, chunk.end));
    var sum = 0.0;
    for (var k = chunk.first + seat.member; k < chunk.end; k += TEAM) {
        sum += x[position(chunk.channel, k)];
    }
    let mean = team_sum(seat, sum) / size;
    var squares = 0.0;
    for (var k = chunk.first + seat.member; k < chunk.end; k += TEAM) {
        let far = x[position(chunk.channel, k)] - mean;
        squares += far * far;
    }
    let variance = team_sum(seat, squares) / size;
    if leads(seat, i) {
        means[i] = select(mean, nan(), size == 0.0);
        variances[i] = select(variance, nan(), size == 0.0);
    }
}
