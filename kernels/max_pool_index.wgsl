// For each window the position, row · width + column, of its first largest element inside the image; NaN counts as
// the largest: x [n, c, ih, iw], y [n, c, oh, ow].
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
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

// Compilers may take `x != x` for false, so the bits decide.
fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= params.count {
        return;
    }
    // Image, channel, row and column.
    let at = unravel(i, params.channels, params.window.output);
    var found = false;
    var largest = 0.0;
    var index = 0u;
    for (var ky = 0u; ky < params.window.kernel.x; ky++) {
        for (var kx = 0u; kx < params.window.kernel.y; kx++) {
            let input = input_of(at.zw, vec2<u32>(ky, kx));
            if is_inside(input, params.window.input) {
                let value = x[offset_of(params.x, at.x, at.y, input)];
                if !found || (!is_nan(largest) && (value > largest || is_nan(value))) {
                    found = true;
                    largest = value;
                    index = input.x * params.window.input.y + input.y;
                }
            }
        }
    }
    y[offset_of(params.y, at.x, at.y, at.zw)] = index;
}
