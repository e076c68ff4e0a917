// The adjoint of avg_pool: each cell of x gets the sum of the windows it is in, divided by a window's cells.

@group(0) @binding(1) var<storage, read> y_elements: array<f32>;
@group(0) @binding(2) var<storage, read_write> x_elements: array<f32>;

struct Found {
    sum: f32,
}

fn size() -> vec2<u32> {
    return params.window.input;
}

fn look(found: Found, place: vec4<u32>, tap: vec2<u32>) -> Found {
    let reached = window_of(place.zw, tap);
    if reached.inside {
        return Found(found.sum + y_elements[params.y.offset + distance_of(params.y, place.x, place.y, reached.at)]);
    }
    return found;
}

fn store(place: vec4<u32>, found: Found) {
    let at = params.x.offset + distance_of(params.x, place.x, place.y, place.zw);
    x_elements[at] = found.sum / f32(params.window.kernel.x * params.window.kernel.y);
}
