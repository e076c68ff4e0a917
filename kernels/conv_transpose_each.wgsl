// The convolution's derivative for x, an element of x at a time.

@group(0) @binding(1) var<storage, read> y_elements: array<f32>;
@group(0) @binding(2) var<storage, read> w_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> x_elements: array<f32>;

fn size() -> vec2<u32> {
    return params.window.input;
}

fn channels() -> u32 {
    return params.groups * params.channels;
}

fn depth() -> u32 {
    return params.filters;
}

fn term(place: vec4<u32>, k: u32, tap: vec2<u32>) -> f32 {
    let reached = window_of(place.zw, tap);
    if !reached.inside {
        return 0.0;
    }
    let filter_number = place.y / params.channels * params.filters + k;
    let y = y_elements[params.y.offset + distance_of(params.y, place.x, filter_number, reached.at)];
    return y * w_elements[params.w.offset + distance_of(params.w, filter_number, place.y % params.channels, tap)];
}

fn store(place: vec4<u32>, sum: f32) {
    x_elements[params.x.offset + distance_of(params.x, place.x, place.y, place.zw)] = sum;
}
