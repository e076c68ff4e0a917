// y = f(x + bias) with a bias for each channel, element by element.
//
// Joined with activation.wgsl, which has f.

struct Params {
    // Tensors [outer, channels, inner]: channels, numbers of a channel, and how many of them lie together.
    channels: u32,
    count: u32,
    inner: u32,
    // Of the activation.
    slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i < params.channels * params.count {
        y[i] = activated(x[i] + bias[i / params.inner % params.channels]);
    }
}
