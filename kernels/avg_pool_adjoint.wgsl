// The adjoint of average pooling: each element of x gets the sum of the windows it is in, divided by the number of
// a window's taps: y [n, c, oh, ow], x [n, c, ih, iw].
//
// Joined with window.wgsl, the geometry of windows.

struct Params {
    x: Tensor4,
    y: Tensor4,
    window: Window,
    channels: u32,
    // Elements of the output.
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= params.count {
        return;
    }
    // Image, channel, row and column.
    let at = unravel(i, params.channels, params.window.input);
    var sum = 0.0;
    for (var ky = 0u; ky < params.window.kernel.x; ky++) {
        for (var kx = 0u; kx < params.window.kernel.y; kx++) {
            let output = output_of(at.zw, vec2<u32>(ky, kx));
            if output.exists {
                sum += y[offset_of(params.y, at.x, at.y, output.position)];
            }
        }
    }
    x[offset_of(params.x, at.x, at.y, at.zw)] = sum / f32(params.window.kernel.x * params.window.kernel.y);
}
