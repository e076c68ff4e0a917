// The sum over each window divided by the number of its cells.

@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read_write> y_elements: array<f32>;

struct Found {
    sum: f32,
}

fn size() -> vec2<u32> {
    return params.window.output;
}

fn look(found: Found, place: vec4<u32>, tap: vec2<u32>) -> Found {
    let at = tap_of(place.zw, tap);
    if within(at, params.window.input) {
        return Found(found.sum + x_elements[params.x.offset + distance_of(params.x, place.x, place.y, at)]);
    }
    return found;
}

fn store(place: vec4<u32>, found: Found) {
    let at = params.y.offset + distance_of(params.y, place.x, place.y, place.zw);
    y_elements[at] = found.sum / f32(params.window.kernel.x * params.window.kernel.y);
}
