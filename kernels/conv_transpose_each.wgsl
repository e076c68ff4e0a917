// The derivative of a convolution for x with a thread for each element of x, for groups of so few channels of x that
// tiles of matrices would be empty: y [n, oc, oh, ow], w [oc, ic/groups, kh, kw], x [n, ic, ih, iw].
//
// Joined with window.wgsl, the geometry of windows.

struct Params {
    x: Tensor4,
    w: Tensor4,
    y: Tensor4,
    window: Window,
    batch: u32,
    groups: u32,
    // Channels of x and of y in a group.
    in_channels: u32,
    out_channels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    let channels = params.groups * params.in_channels;
    let input = params.window.input;
    if i >= params.batch * channels * input.x * input.y {
        return;
    }
    // Image, channel, row and column.
    let at = unravel(i, channels, input);
    let first_channel = at.y / params.in_channels * params.out_channels;
    var sum = 0.0;
    for (var c = 0u; c < params.out_channels; c++) {
        for (var ky = 0u; ky < params.window.kernel.x; ky++) {
            for (var kx = 0u; kx < params.window.kernel.y; kx++) {
                let tap = vec2<u32>(ky, kx);
                let output = output_of(at.zw, tap);
                if output.exists {
                    let channel = first_channel + c;
                    let value = y[offset_of(params.y, at.x, channel, output.position)];
                    sum += value * w[offset_of(params.w, channel, at.y % params.in_channels, tap)];
                }
            }
        }
    }
    x[offset_of(params.x, at.x, at.y, at.zw)] = sum;
}
