// out += x

struct Params {
    walk: Walk,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

fn element(at: vec4<u32>) {
    out[at.x] += x[at.y];
}
