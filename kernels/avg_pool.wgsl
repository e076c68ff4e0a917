// The sum over each window divided by the number of its cells.

@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read_write> y_elements: array<f32>;

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
    let place = image_cell(i, window.output);
    let corner = place.zw * window.stride - window.padding;
    var sum = 0.0;
    for (var ky = 0u; ky < window.kernel.x; ky++) {
        for (var kx = 0u; kx < window.kernel.y; kx++) {
            let at = corner + vec2<u32>(ky, kx) * window.dilation;
            if within(at, window.input) {
                sum += x_elements[params.x.offset + distance_of(params.x, place.x, place.y, at)];
            }
        }
    }
    let mean = sum / f32(window.kernel.x * window.kernel.y);
    y_elements[params.y.offset + distance_of(params.y, place.x, place.y, place.zw)] = mean;
}
