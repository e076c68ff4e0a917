// y += weight · (x − y): running averages in place.

struct Params {
    count: u32,
    weight: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn count() -> u32 {
    return params.count;
}

fn each(i: u32) {
    y[i] += params.weight * (x[i] - y[i]);
}
