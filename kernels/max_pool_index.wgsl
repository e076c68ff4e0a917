// For each window the position of its first largest cell inside the image; NaN counts as the largest.

@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read_write> y_elements: array<u32>;

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
    var found = false;
    var best = 0.0;
    var index = 0u;
    for (var ky = 0u; ky < window.kernel.x; ky++) {
        for (var kx = 0u; kx < window.kernel.y; kx++) {
            let at = corner + vec2<u32>(ky, kx) * window.dilation;
            if within(at, window.input) {
                let value = x_elements[params.x.offset + distance_of(params.x, place.x, place.y, at)];
                if !found || (!is_nan(best) && (value > best || is_nan(value))) {
                    found = true;
                    best = value;
                    index = at.x * window.input.y + at.y;
                }
            }
        }
    }
    y_elements[params.y.offset + distance_of(params.y, place.x, place.y, place.zw)] = index;
}
