// A step of gradient descent in place, with momentum m, which looks ahead if `NESTEROV`.

struct Params {
    count: u32,
    rate: f32,
    momentum: f32,
    decay: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> p: array<f32>;
@group(0) @binding(3) var<storage, read_write> m: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= params.count {
        return;
    }
    let g = gradient[i] + params.decay * p[i];
    m[i] = params.momentum * m[i] + g;
    p[i] -= params.rate * select(m[i], g + params.momentum * m[i], NESTEROV);
}
