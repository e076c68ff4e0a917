// out[.., m, n] = Σₖ a[.., m, k] · b[.., k, n], for any strides.
//
// Joined with strided.wgsl, which gives the offset of each matrix of a batch, and gemm.wgsl, which computes the
// products by tiles. One product of gemm.wgsl is one matrix of the batch.

struct Params {
    // The batch: the leading axes of out, a and b.
    views: Strided,
    rows: u32,
    columns: u32,
    depth: u32,
    // Strides of the matrices' own axes.
    a_row: u32,
    a_depth: u32,
    b_depth: u32,
    b_column: u32,
    out_row: u32,
    out_column: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

struct Problem {
    rows: u32,
    columns: u32,
    depth: u32,
    // Offset of the first element of out, a and b.
    offsets: vec4<u32>,
}

struct Coord {
    offset: u32,
    exists: bool,
}

fn problem_count() -> u32 {
    return params.views.count;
}

fn problem_of(i: u32) -> Problem {
    return Problem(params.rows, params.columns, params.depth, offsets_of(i));
}

fn tile_counts() -> vec2<u32> {
    return (vec2<u32>(params.rows, params.columns) + TILE - 1u) / TILE;
}

fn left_row(problem: Problem, row: u32) -> Coord {
    return Coord(problem.offsets.y + row * params.a_row, row < params.rows);
}

fn left_depth(problem: Problem, k: u32) -> Coord {
    return Coord(k * params.a_depth, k < params.depth);
}

fn right_depth(problem: Problem, k: u32) -> Coord {
    return Coord(k * params.b_depth, k < params.depth);
}

fn right_column(problem: Problem, column: u32) -> Coord {
    return Coord(problem.offsets.z + column * params.b_column, column < params.columns);
}

fn load_left(row: Coord, depth: Coord) -> f32 {
    if row.exists && depth.exists {
        return a[row.offset + depth.offset];
    }
    return 0.0;
}

fn load_right(depth: Coord, column: Coord) -> f32 {
    if column.exists && depth.exists {
        return b[column.offset + depth.offset];
    }
    return 0.0;
}

fn store(problem: Problem, row: u32, column: u32, sum: f32) {
    if row < params.rows && column < params.columns {
        out[problem.offsets.x + row * params.out_row + column * params.out_column] = sum;
    }
}
