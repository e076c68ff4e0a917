// The convolution's derivative for w, a workgroup for each element of w, which sums over the windows of all images.

@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read> y_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> w_elements: array<f32>;

const LANES: u32 = 256u;
const TEAM: u32 = LANES;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = folded(group, grid);
    let window = params.window;
    if i >= params.groups * params.filters * params.channels * window.kernel.x * window.kernel.y {
        return;
    }
    // A filter, a channel of its group, and a tap.
    let place = image_cell(i, params.channels, window.kernel);
    let channel = place.x / params.filters * params.channels + place.y;
    let windows = window.output.x * window.output.y;
    var sum = 0.0;
    for (var k = lane; k < params.batch * windows; k += LANES) {
        let image = k / windows;
        let reached = cell(k % windows, window.output);
        let at = tap_of(reached, place.zw);
        if within(at, window.input) {
            let x = x_elements[params.x.offset + distance_of(params.x, image, channel, at)];
            sum += x * y_elements[params.y.offset + distance_of(params.y, image, place.x, reached)];
        }
    }
    sum = team_sum(seat_of(lane, false), sum);
    if lane == 0u {
        w_elements[params.w.offset + distance_of(params.w, place.x, place.y, place.zw)] = sum;
    }
}
