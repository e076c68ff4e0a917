// The convolution y = x ∗ w: x [n, ic, ih, iw], w [oc, ic/groups, kh, kw], y [n, oc, oh, ow].
//
// Joined with window.wgsl, the geometry of windows, and gemm.wgsl, which computes products of matrices by tiles. One
// product is a group: a row is a channel of y, a column an output position of an image, and the depth runs over the
// channels of x and the taps of the window. No matrix of windows is ever made (implicit GEMM).

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
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

struct Problem {
    rows: u32,
    columns: u32,
    depth: u32,
    group: u32,
}

// A row, a column or an index along the depth: its part of the offset, the input or output position that it stands for
// on the right side, and whether it exists.
struct Coord {
    offset: u32,
    position: vec2<u32>,
    exists: bool,
}

fn area() -> u32 {
    return params.window.output.x * params.window.output.y;
}

fn taps() -> u32 {
    return params.window.kernel.x * params.window.kernel.y;
}

fn problem_count() -> u32 {
    return params.groups;
}

fn problem_of(i: u32) -> Problem {
    return Problem(params.out_channels, params.batch * area(), params.in_channels * taps(), i);
}

fn tile_counts() -> vec2<u32> {
    return (vec2<u32>(params.out_channels, params.batch * area()) + TILE - 1u) / TILE;
}

fn left_row(problem: Problem, row: u32) -> Coord {
    let channel = problem.group * params.out_channels + row;
    return Coord(params.w.offset + channel * params.w.strides.x, vec2<u32>(), row < problem.rows);
}

// The channel in the group, and the tap.
fn channel_and_tap(k: u32) -> vec3<u32> {
    return vec3<u32>(k / taps(), position_of(k % taps(), params.window.kernel));
}

fn left_depth(problem: Problem, k: u32) -> Coord {
    let at = channel_and_tap(k);
    return Coord(distance_of(params.w, 0u, at.x, at.yz), vec2<u32>(), k < problem.depth);
}

fn right_depth(problem: Problem, k: u32) -> Coord {
    let at = channel_and_tap(k);
    return Coord(at.x * params.x.strides.y, at.yz * params.window.dilation, k < problem.depth);
}

fn right_column(problem: Problem, column: u32) -> Coord {
    let output = position_of(column % area(), params.window.output);
    let first_channel = problem.group * params.in_channels;
    let offset = offset_of(params.x, column / area(), first_channel, vec2<u32>());
    return Coord(offset, input_of(output, vec2<u32>()), column < problem.columns);
}

fn load_left(row: Coord, depth: Coord) -> f32 {
    if row.exists && depth.exists {
        return w[row.offset + depth.offset];
    }
    return 0.0;
}

fn load_right(depth: Coord, column: Coord) -> f32 {
    let input = column.position + depth.position;
    if column.exists && depth.exists && is_inside(input, params.window.input) {
        return x[column.offset + depth.offset + distance_of(params.x, 0u, 0u, input)];
    }
    return 0.0;
}

fn store(problem: Problem, row: u32, column: u32, sum: f32) {
    if row < problem.rows && column < problem.columns {
        let output = position_of(column % area(), params.window.output);
        let channel = problem.group * params.out_channels + row;
        y[offset_of(params.y, column / area(), channel, output)] = sum;
    }
}
