// dx = v · (sigmoid(x) − t) for logits x and targets t, element by element.
//
// Joined with math.wgsl, which has the sigmoid.

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> t: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i < params.count {
        // Not sigmoid(x) − t, which would cancel to nothing where a confident logit is right.
        let s = sigmoid(-abs(x[i]));
        dx[i] = v[0] * select((1.0 - t[i]) - s, s - t[i], x[i] < 0.0);
    }
}
