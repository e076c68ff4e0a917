// The derivative of a convolution for x, a transposed convolution: y [n, oc, oh, ow], w [oc, ic/groups, kh, kw], x
// [n, ic, ih, iw].
//
// Joined with window.wgsl, the geometry of windows, and gemm.wgsl, which computes products of matrices by tiles.
// The positions of x fall into stride² phases, and the windows that reach a position do so with the taps of its
// phase alone, so no inserted zero is ever multiplied. One product is one phase of one group: a row is a channel of
// x, a column a position of the phase in an image, and the depth runs over the channels of y and the phase's taps.
//
// Along one axis tap k reaches position q·stride + phase of x from output position q + (phase + padding −
// k·dilation) / stride, where that division leaves no rest.

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
    // Distance between two taps of one phase.
    tap_step: vec2<u32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;

struct Problem {
    rows: u32,
    columns: u32,
    depth: u32,
    group: u32,
    phase: vec2<u32>,
    // Positions of the phase, its first tap, and its number of taps, along both axes.
    size: vec2<u32>,
    first_tap: vec2<u32>,
    taps: vec2<u32>,
}

// A row, a column or an index along the depth: its part of the offset, the input or output position that it stands for
// on the right side, and whether it exists.
struct Coord {
    offset: u32,
    position: vec2<u32>,
    exists: bool,
}

fn problem_count() -> u32 {
    return params.groups * params.window.stride.x * params.window.stride.y;
}

fn tile_counts() -> vec2<u32> {
    let largest = (params.window.input + params.window.stride - 1u) / params.window.stride;
    return (vec2<u32>(params.in_channels, params.batch * largest.x * largest.y) + TILE - 1u) / TILE;
}

// The first tap that reaches a phase along an axis; the kernel's size if none does.
fn first_tap(phase: u32, axis: u32) -> u32 {
    let stride = params.window.stride[axis];
    let rest = (phase + params.window.padding[axis]) % stride;
    for (var k = 0u; k < min(params.tap_step[axis], params.window.kernel[axis]); k++) {
        if k * params.window.dilation[axis] % stride == rest {
            return k;
        }
    }
    return params.window.kernel[axis];
}

fn problem_of(i: u32) -> Problem {
    let phases = params.window.stride.x * params.window.stride.y;
    let phase = position_of(i % phases, params.window.stride);
    let size = (max(params.window.input, phase) - phase + params.window.stride - 1u) / params.window.stride;
    let first = vec2<u32>(first_tap(phase.x, 0u), first_tap(phase.y, 1u));
    let taps = (params.window.kernel - first + params.tap_step - 1u) / params.tap_step;
    let depth = params.out_channels * taps.x * taps.y;
    return Problem(params.in_channels, params.batch * size.x * size.y, depth, i / phases, phase, size, first, taps);
}

fn left_row(problem: Problem, row: u32) -> Coord {
    return Coord(params.w.offset + row * params.w.strides.y, vec2<u32>(), row < problem.rows);
}

// The channel of y among those of all groups, and the tap.
fn channel_and_tap(problem: Problem, k: u32) -> vec3<u32> {
    let taps = max(problem.taps.x * problem.taps.y, 1u);
    let number = position_of(k % taps, max(problem.taps, vec2<u32>(1u)));
    return vec3<u32>(
        problem.group * params.out_channels + k / taps,
        problem.first_tap + number * params.tap_step,
    );
}

fn left_depth(problem: Problem, k: u32) -> Coord {
    let at = channel_and_tap(problem, k);
    return Coord(distance_of(params.w, at.x, 0u, at.yz), vec2<u32>(), k < problem.depth);
}

fn right_depth(problem: Problem, k: u32) -> Coord {
    let at = channel_and_tap(problem, k);
    let reach = vec2<i32>(problem.phase + params.window.padding) - vec2<i32>(at.yz * params.window.dilation);
    let shift = vec2<u32>(reach / vec2<i32>(params.window.stride));
    return Coord(at.x * params.y.strides.y, shift, k < problem.depth);
}

fn right_column(problem: Problem, column: u32) -> Coord {
    let area = problem.size.x * problem.size.y;
    let offset = params.y.offset + column / area * params.y.strides.x;
    return Coord(offset, position_of(column % area, problem.size), column < problem.columns);
}

fn load_left(row: Coord, depth: Coord) -> f32 {
    if row.exists && depth.exists {
        return w[row.offset + depth.offset];
    }
    return 0.0;
}

fn load_right(depth: Coord, column: Coord) -> f32 {
    let output = column.position + depth.position;
    if column.exists && depth.exists && is_inside(output, params.window.output) {
        return y[column.offset + depth.offset + distance_of(params.y, 0u, 0u, output)];
    }
    return 0.0;
}

fn store(problem: Problem, row: u32, column: u32, sum: f32) {
    if row < problem.rows && column < problem.columns {
        let area = problem.size.x * problem.size.y;
        let input = position_of(column % area, problem.size) * params.window.stride + problem.phase;
        let channel = problem.group * params.in_channels + row;
        x[offset_of(params.x, column / area, channel, input)] = sum;
    }
}
