// y = f((x − mean) / √(variance + eps) · weight + bias), element by element, with each channel's mean and variance.
//
// Joined with activation.wgsl, which has f.

struct Params {
    // Tensors [outer, channels, inner]: channels, numbers of a channel, and how many of them lie together.
    channels: u32,
    count: u32,
    inner: u32,
    // Length of the weight and the bias, which repeat if there are more channels; 0 if there are none.
    features: u32,
    eps: f32,
    // Of the activation.
    slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> means: array<f32>;
@group(0) @binding(2) var<storage, read> variances: array<f32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> biases: array<f32>;
@group(0) @binding(5) var<storage, read> x: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

// What normalizes a channel: its mean and 1/√(variance + eps), and the weight and bias that follow.
struct ChannelNorm {
    mean: f32,
    rstd: f32,
    weight: f32,
    bias: f32,
}

fn channel_norm(channel: u32) -> ChannelNorm {
    let rstd = inverseSqrt(variances[channel] + params.eps);
    if params.features == 0u {
        return ChannelNorm(means[channel], rstd, 1.0, 0.0);
    }
    let feature = channel % params.features;
    return ChannelNorm(means[channel], rstd, weights[feature], biases[feature]);
}

fn normalize(norm: ChannelNorm, x: f32) -> f32 {
    return (x - norm.mean) * norm.rstd;
}

// What the activation is applied to.
fn affine(norm: ChannelNorm, x_hat: f32) -> f32 {
    return x_hat * norm.weight + norm.bias;
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i < params.channels * params.count {
        let norm = channel_norm(i / params.inner % params.channels);
        y[i] = activated(affine(norm, normalize(norm, x[i])));
    }
}
