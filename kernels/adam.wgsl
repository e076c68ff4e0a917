// A step of Adam or AdamW in place: m and v are running means of the gradient and its square.
//
// Joined with math.wgsl, which has NaN.

struct Params {
    count: u32,
    // The betas, and what they leave to 1.
    beta1: f32,
    rest1: f32,
    beta2: f32,
    rest2: f32,
    // The learning rate and 1/√(1 − beta2ᵗ), both with the bias of early steps corrected.
    rate: f32,
    inverse_root: f32,
    eps: f32,
    // Both kinds of weight decay: the factor of the parameter itself, and what is added of it to the gradient.
    shrink: f32,
    pull: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> p: array<f32>;
@group(0) @binding(3) var<storage, read_write> m: array<f32>;
@group(0) @binding(4) var<storage, read_write> v: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= params.count {
        return;
    }
    let g = gradient[i] + params.pull * p[i];
    m[i] = params.beta1 * m[i] + params.rest1 * g;
    v[i] = params.beta2 * v[i] + params.rest2 * g * g;
    let change = params.rate * m[i] / (sqrt(v[i]) * params.inverse_root + params.eps);
    // An infinite mean would freeze the parameter for ever without a word; NaN is found.
    p[i] = params.shrink * p[i] - select(change, nan(), is_infinite(v[i]));
}
