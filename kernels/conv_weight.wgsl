// The derivative of a convolution for w: x [n, ic, ih, iw], y [n, oc, oh, ow], w [oc, ic/groups, kh, kw].
//
// Joined with window.wgsl, the geometry of windows, and gemm.wgsl, which computes products of matrices by tiles. A
// row is a channel of y, a column a channel of x and a tap, and the depth runs over the output positions of all
// images. That is deep and narrow, so the depth is split (split-K): one product is one split of one group, and a
// second pass adds the results of the splits in order.

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
    // Depth of a split, number of splits, and distance between their results.
    split_depth: u32,
    splits: u32,
    split_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> w: array<f32>;

struct Problem {
    rows: u32,
    columns: u32,
    depth: u32,
    group: u32,
    split: u32,
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
    return params.groups * params.splits;
}

fn tile_counts() -> vec2<u32> {
    return (vec2<u32>(params.out_channels, params.in_channels * taps()) + TILE - 1u) / TILE;
}

fn problem_of(i: u32) -> Problem {
    let split = i % params.splits;
    let all = params.batch * area();
    let depth = min(params.split_depth, all - min(all, split * params.split_depth));
    return Problem(params.out_channels, params.in_channels * taps(), depth, i / params.splits, split);
}

fn left_row(problem: Problem, row: u32) -> Coord {
    let channel = problem.group * params.out_channels + row;
    return Coord(params.y.offset + channel * params.y.strides.y, vec2<u32>(), row < problem.rows);
}

// The image, and the output position in it.
fn image_and_output(problem: Problem, k: u32) -> vec3<u32> {
    let i = problem.split * params.split_depth + k;
    return vec3<u32>(i / area(), position_of(i % area(), params.window.output));
}

fn left_depth(problem: Problem, k: u32) -> Coord {
    let at = image_and_output(problem, k);
    return Coord(distance_of(params.y, at.x, 0u, at.yz), vec2<u32>(), k < problem.depth);
}

fn right_depth(problem: Problem, k: u32) -> Coord {
    let at = image_and_output(problem, k);
    return Coord(at.x * params.x.strides.x, input_of(at.yz, vec2<u32>()), k < problem.depth);
}

fn right_column(problem: Problem, column: u32) -> Coord {
    let channel = problem.group * params.in_channels + column / taps();
    let tap = position_of(column % taps(), params.window.kernel);
    let offset = params.x.offset + channel * params.x.strides.y;
    return Coord(offset, tap * params.window.dilation, column < problem.columns);
}

fn load_left(row: Coord, depth: Coord) -> f32 {
    if row.exists && depth.exists {
        return y[row.offset + depth.offset];
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
        let tap = position_of(column % taps(), params.window.kernel);
        let channel = problem.group * params.out_channels + row;
        w[problem.split * params.split_stride + offset_of(params.w, channel, column / taps(), tap)] = sum;
    }
}
