// The convolution's derivative for w, a workgroup for each element of w, which sums over the windows of all images.

@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read> y_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> w_elements: array<f32>;

fn count() -> u32 {
    return params.groups * params.filters * params.channels * params.window.kernel.x * params.window.kernel.y;
}

fn each(seat: Seat, i: u32) {
    let window = params.window;
    // A filter, a channel of its group, and a tap.
    let place = image_cell(i, params.channels, window.kernel);
    let channel = place.x / params.filters * params.channels + place.y;
    let windows = window.output.x * window.output.y;
    var sum = 0.0;
    for (var k = seat.member; k < params.batch * windows; k += TEAM) {
        let image = k / windows;
        let reached = cell(k % windows, window.output);
        let at = tap_of(reached, place.zw);
        if within(at, window.input) {
            let x = x_elements[params.x.offset + distance_of(params.x, image, channel, at)];
            sum += x * y_elements[params.y.offset + distance_of(params.y, image, place.x, reached)];
        }
    }
    sum = team_sum(seat, sum);
    if leads(seat, i) {
        w_elements[params.w.offset + distance_of(params.w, place.x, place.y, place.zw)] = sum;
    }
}
