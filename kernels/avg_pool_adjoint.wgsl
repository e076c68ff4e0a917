// The adjoint of avg_pool: each cell of x gets the sum of the windows it is in, divided by a window's cells.

@group(0) @binding(1) var<storage, read> y_elements: array<f32>;
@group(0) @binding(2) var<storage, read_write> x_elements: array<f32>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = folded(group, grid) * 256u + lane;
    if i >= params.count {
        return;
    }
    let window = params.window;
    let place = image_cell(i, window.input);
    var sum = 0.0;
    for (var ky = 0u; ky < window.kernel.x; ky++) {
        for (var kx = 0u; kx < window.kernel.y; kx++) {
            // Wraps around to something large if the window would start before the first one.
            let start = place.zw + window.padding - vec2<u32>(ky, kx) * window.dilation;
            let at = start / window.stride;
            let is_window = within(start, window.input + window.padding) && all(start % window.stride == vec2<u32>());
            if is_window && within(at, window.output) {
                sum += y_elements[params.y.offset + distance_of(params.y, place.x, place.y, at)];
            }
        }
    }
    let mean = sum / f32(window.kernel.x * window.kernel.y);
    x_elements[params.x.offset + distance_of(params.x, place.x, place.y, place.zw)] = mean;
}
