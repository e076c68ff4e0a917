// The derivative of a convolution for w with a workgroup for each element of w, for weights of few elements:
// x [n, ic, ih, iw], y [n, oc, oh, ow], w [oc, ic/groups, kh, kw].
//
// Joined with window.wgsl, the geometry of windows, and group.wgsl, which adds up the threads' sums.

struct Params {
    x: Tensor4,
    w: Tensor4,
    y: Tensor4,
    window: Window,
    batch: u32,
    groups: u32,
    // Channels of x and of y in a group.
    in_channels: u32,
    out_channels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> w: array<f32>;

const WORKGROUP: u32 = 256u;
const GROUP: u32 = WORKGROUP;

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup_id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let i = workgroup_id.y * grid.x + workgroup_id.x;
    let window = params.window;
    let channels = params.groups * params.out_channels;
    if i >= channels * params.in_channels * window.kernel.x * window.kernel.y {
        return;
    }
    // A channel of y, a channel of its group of x, and a tap.
    let at = unravel(i, params.in_channels, window.kernel);
    let channel = at.x / params.out_channels * params.in_channels + at.y;
    let area = window.output.x * window.output.y;
    var sum = 0.0;
    for (var k = thread; k < params.batch * area; k += WORKGROUP) {
        let image = k / area;
        let output = position_of(k % area, window.output);
        let input = input_of(output, at.zw);
        if is_inside(input, window.input) {
            let value = x[offset_of(params.x, image, channel, input)];
            sum += value * y[offset_of(params.y, image, at.x, output)];
        }
    }
    let lane = lane_of(thread, false);
    sum = group_sum(lane, sum);
    if is_leader(lane) {
        w[offset_of(params.w, at.x, at.y, at.zw)] = sum;
    }
}
