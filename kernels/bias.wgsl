// y = f(x + bias) with a bias for each channel, element by element.

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

fn count() -> u32 {
    return params.channels * params.count;
}

fn each(i: u32) {
    y[i] = activated(x[i] + bias[channel_of(i)]);
}
