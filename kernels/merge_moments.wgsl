// The mean and the variance of each channel from those of its chunks: chunks count by their share of the
// numbers, and a chunk's numbers are as far from the channel's mean as its own mean is.

@group(0) @binding(1) var<storage, read> means: array<f32>;
@group(0) @binding(2) var<storage, read> variances: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean_out: array<f32>;
@group(0) @binding(4) var<storage, read_write> variance_out: array<f32>;

fn count() -> u32 {
    return params.channels;
}

fn side_by_side() -> bool {
    return true;
}

fn share(i: u32) -> f32 {
    let first = i * params.chunk;
    return f32(min(first + params.chunk, params.count) - first) / f32(params.count);
}

fn each(seat: Seat, channel: u32) {
    let chunks = select(0u, params.chunks, channel < params.channels);
    var sum = 0.0;
    for (var i = seat.member; i < chunks; i += TEAM) {
        sum += share(i) * means[i * params.channels + channel];
    }
    let mean = team_sum(seat, sum);
    var spread = 0.0;
    for (var i = seat.member; i < chunks; i += TEAM) {
        let far = means[i * params.channels + channel] - mean;
        spread += share(i) * (variances[i * params.channels + channel] + far * far);
    }
    let variance = team_sum(seat, spread);
    if leads(seat, channel) {
        mean_out[channel] = mean;
        variance_out[channel] = variance;
    }
}
