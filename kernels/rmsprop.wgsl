// RMSprop in place: s is the running mean of the gradient's square.

struct Params {
    count: u32,
    rate: f32,
    alpha: f32,
    rest: f32,
    eps: f32,
    decay: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> p: array<f32>;
@group(0) @binding(3) var<storage, read_write> s: array<f32>;

fn count() -> u32 {
    return params.count;
}

fn each(i: u32) {
    let g = gradient[i] + params.decay * p[i];
    s[i] = params.alpha * s[i] + params.rest * g * g;
    p[i] -= params.rate * g / (sqrt(s[i]) + params.eps);
}
