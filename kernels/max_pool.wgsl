// For each window its largest element inside the image and the position, row · width + column, of the first such; NaN counts as
// the largest: x [planes, ih, iw], y and index [planes, oh, ow].
//
// Joined with window.wgsl, the geometry of windows.

struct Params {
    window: Window,
    // Elements of the output.
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> index_of: array<u32>;

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
    // Plane, row and column.
    let area = params.window.output.x * params.window.output.y;
    let first = i / area * (params.window.input.x * params.window.input.y);
    let at = position_of(i % area, params.window.output);
    var found = false;
    var largest = 0.0;
    var index = 0u;
    for (var ky = 0u; ky < params.window.kernel.x; ky++) {
        for (var kx = 0u; kx < params.window.kernel.y; kx++) {
            let input = input_of(at, vec2<u32>(ky, kx));
            if is_inside(input, params.window.input) {
                let place = input.x * params.window.input.y + input.y;
                let value = x[first + place];
                if !found || (!is_nan(largest) && (value > largest || is_nan(value))) {
                    found = true;
                    largest = value;
                    index = place;
                }
            }
        }
    }
    y[i] = largest;
    index_of[i] = index;
}
