// A step of RMSprop in place: s is the running mean of the gradient's square.
//
// Joined with math.wgsl, which has NaN.

struct Params {
    count: u32,
    rate: f32,
    // The mean's factor, and what it leaves to 1.
    alpha: f32,
    rest: f32,
    eps: f32,
    decay: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> p: array<f32>;
@group(0) @binding(3) var<storage, read_write> s: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= params.count {
        return;
    }
    let g = gradient[i] + params.decay * p[i];
    s[i] = params.alpha * s[i] + params.rest * g * g;
    let change = params.rate * g / (sqrt(s[i]) + params.eps);
    // An infinite mean would freeze the parameter for ever without a word; NaN is found.
    p[i] -= select(change, nan(), is_infinite(s[i]));
}
