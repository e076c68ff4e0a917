// A dense layer, y = f(x · weightᵀ + bias): x [rows, depth], weight [columns, depth], bias [columns], y [rows,
// columns].
//
// Joined with gemm.wgsl, which computes the product by tiles, and activation.wgsl, which has f.

struct Params {
    rows: u32,
    columns: u32,
    depth: u32,
    // Of the activation.
    slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

// Rows of both matrices lie along the depth.
const LEFT_DEPTH_FIRST = true;
const RIGHT_DEPTH_FIRST = true;

struct Problem {
    rows: u32,
    columns: u32,
    depth: u32,
}

struct Coord {
    offset: u32,
    exists: bool,
}

fn problem_count() -> u32 {
    return 1u;
}

fn problem_of(i: u32) -> Problem {
    return Problem(params.rows, params.columns, params.depth);
}

fn tile_counts() -> vec2<u32> {
    return (vec2<u32>(params.rows, params.columns) + TILE - 1u) / TILE;
}

fn left_row(problem: Problem, row: u32) -> Coord {
    return Coord(row * params.depth, row < params.rows);
}

fn left_depth(problem: Problem, k: u32) -> Coord {
    return Coord(k, k < params.depth);
}

fn right_depth(problem: Problem, k: u32) -> Coord {
    return Coord(k, k < params.depth);
}

fn right_column(problem: Problem, column: u32) -> Coord {
    return Coord(column * params.depth, column < params.columns);
}

fn load_left(row: Coord, depth: Coord) -> f32 {
    if row.exists && depth.exists {
        return x[row.offset + depth.offset];
    }
    return 0.0;
}

fn load_right(depth: Coord, column: Coord) -> f32 {
    if column.exists && depth.exists {
        return weight[column.offset + depth.offset];
    }
    return 0.0;
}

fn store(problem: Problem, row: u32, column: u32, sum: f32) {
    if row < params.rows && column < params.columns {
        y[row * params.columns + column] = activated(sum + bias[column]);
    }
}
