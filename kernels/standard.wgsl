// What batch norm and its derivative share: numbers of mean 0 and variance 1, and the weights that follow.

@group(0) @binding(1) var<storage, read> means: array<f32>;
@group(0) @binding(2) var<storage, read> variances: array<f32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> biases: array<f32>;
@group(0) @binding(5) var<storage, read> x: array<f32>;

struct Line {
    mean: f32,
    // 1/√(variance + eps).
    rstd: f32,
    weight: f32,
    bias: f32,
}

fn line_of(channel: u32) -> Line {
    let rstd = inverseSqrt(variances[channel] + params.eps);
    if params.features == 0u {
        return Line(means[channel], rstd, 1.0, 0.0);
    }
    let feature = channel % params.features;
    return Line(means[channel], rstd, weights[feature], biases[feature]);
}

// The number at a position, at mean 0 and variance 1.
fn standard(line: Line, position: u32) -> f32 {
    return (x[position] - line.mean) * line.rstd;
}

// What the activation is applied to.
fn weighted(line: Line, standard: f32) -> f32 {
    return standard * line.weight + line.bias;
}
