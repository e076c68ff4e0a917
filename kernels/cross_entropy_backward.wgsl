// dx = v · (sigmoid(x) − t) for logits x and targets t, element by element.

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> t: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

fn count() -> u32 {
    return params.count;
}

fn each(i: u32) {
    dx[i] = v[0] * (sigmoid(x[i]) - t[i]);
}
