// dx = weight/√(variance + eps) · (u − (Σu + x̂·Σu·x̂)/n), element by element, from each channel's sums.

@group(0) @binding(6) var<storage, read> v: array<f32>;
@group(0) @binding(7) var<storage, read> sums: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read_write> dx: array<f32>;

fn count() -> u32 {
    return params.channels * params.count;
}

fn each(i: u32) {
    let channel = channel_of(i);
    let line = line_of(channel);
    let hat = standard(line, i);
    let u = activated_gradient(v[i], weighted(line, hat));
    let mean = (sums[channel].y + hat * sums[channel].x) / f32(params.count);
    dx[i] = line.weight * line.rstd * (u - mean);
}
