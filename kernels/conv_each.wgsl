// The convolution y = x ∗ w with a thread for each element of y, for groups of so few channels of y that tiles of
// matrices would be empty: x [n, ic, ih, iw], w [oc, ic/groups, kh, kw], y [n, oc, oh, ow].
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
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    let channels = params.groups * params.out_channels;
    let output = params.window.output;
    if i >= params.batch * channels * output.x * output.y {
        return;
    }
    // Image, channel, row and column.
    let at = unravel(i, channels, output);
    let first_channel = at.y / params.out_channels * params.in_channels;
    var sum = 0.0;
    for (var c = 0u; c < params.in_channels; c++) {
        for (var ky = 0u; ky < params.window.kernel.x; ky++) {
            for (var kx = 0u; kx < params.window.kernel.y; kx++) {
                let tap = vec2<u32>(ky, kx);
                let input = input_of(at.zw, tap);
                if is_inside(input, params.window.input) {
                    let value = x[offset_of(params.x, at.x, first_channel + c, input)];
                    sum += value * w[offset_of(params.w, at.y, c, tap)];
                }
            }
        }
    }
    y[offset_of(params.y, at.x, at.y, at.zw)] = sum;
}
