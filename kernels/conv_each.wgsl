// y = x ∗ w, an element of y at a time.

@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read> w_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> y_elements: array<f32>;

fn size() -> vec2<u32> {
    return params.window.output;
}

fn channels() -> u32 {
    return params.groups * params.filters;
}

fn depth() -> u32 {
    return params.channels;
}

fn term(place: vec4<u32>, k: u32, tap: vec2<u32>) -> f32 {
    let at = tap_of(place.zw, tap);
    if !within(at, params.window.input) {
        return 0.0;
    }
    let channel = place.y / params.filters * params.channels + k;
    let x = x_elements[params.x.offset + distance_of(params.x, place.x, channel, at)];
    return x * w_elements[params.w.offset + distance_of(params.w, place.y, k, tap)];
}

fn store(place: vec4<u32>, sum: f32) {
    y_elements[params.y.offset + distance_of(params.y, place.x, place.y, place.zw)] = sum;
}
