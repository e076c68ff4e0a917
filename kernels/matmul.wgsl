// out[.., m, n] = Σₖ a[.., m, k] · b[.., k, n], for any strides. What is joined to it declares `out`, and says what
// becomes of a sum: `fn finished(sum, column)`.

struct Params {
    // The leading axes of out, a and b.
    walk: Walk,
    rows: u32,
    columns: u32,
    depth: u32,
    // The distance between neighbours along each axis of the matrices.
    a_row: u32,
    a_depth: u32,
    b_depth: u32,
    b_column: u32,
    out_row: u32,
    out_column: u32,
    // For dense layers: where the bias begins, the distance between its numbers, and the activation's slope.
    bias: u32,
    bias_column: u32,
    slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;

struct Job {
    rows: u32,
    columns: u32,
    depth: u32,
    // The first element of each matrix: out, a, b.
    at: vec4<u32>,
}

// A row, a column or a place along the depth: how far it is, and whether there is one.
struct Place {
    at: u32,
    inside: bool,
}

fn jobs() -> u32 {
    return params.walk.count;
}

fn tiles() -> vec2<u32> {
    return (vec2<u32>(params.rows, params.columns) + TILE - 1u) / TILE;
}

fn setup(i: u32) -> Job {
    return Job(params.rows, params.columns, params.depth, locate(i));
}

fn row_of(job: Job, row: u32) -> Place {
    return Place(job.at.y + row * params.a_row, row < params.rows);
}

fn column_of(job: Job, column: u32) -> Place {
    return Place(job.at.z + column * params.b_column, column < params.columns);
}

fn left_depth(job: Job, k: u32) -> Place {
    return Place(k * params.a_depth, k < params.depth);
}

fn right_depth(job: Job, k: u32) -> Place {
    return Place(k * params.b_depth, k < params.depth);
}

fn load_left(row: Place, depth: Place) -> f32 {
    if row.inside && depth.inside {
        return a[row.at + depth.at];
    }
    return 0.0;
}

fn load_right(depth: Place, column: Place) -> f32 {
    if column.inside && depth.inside {
        return b[column.at + depth.at];
    }
    return 0.0;
}

fn store(job: Job, row: u32, column: u32, value: f32) {
    if row < params.rows && column < params.columns {
        out[job.at.x + row * params.out_row + column * params.out_column] = finished(value, column);
    }
}
