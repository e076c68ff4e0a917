// For each window the position of its first largest cell inside the image; NaN counts as the largest.

@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read_write> y_elements: array<u32>;

struct Found {
    any: bool,
    best: f32,
    index: u32,
}

fn size() -> vec2<u32> {
    return params.window.output;
}

fn look(found: Found, place: vec4<u32>, tap: vec2<u32>) -> Found {
    let at = tap_of(place.zw, tap);
    if !within(at, params.window.input) {
        return found;
    }
    let value = x_elements[params.x.offset + distance_of(params.x, place.x, place.y, at)];
    if !found.any || (!is_nan(found.best) && (value > found.best || is_nan(value))) {
        return Found(true, value, at.x * params.window.input.y + at.y);
    }
    return found;
}

fn store(place: vec4<u32>, found: Found) {
    y_elements[params.y.offset + distance_of(params.y, place.x, place.y, place.zw)] = found.index;
}
