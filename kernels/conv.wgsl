// y = x ∗ w as a product of matrices: a row is a filter, a column a window, and the depth runs over the
// channels and cells of a window. No matrix of windows is ever made.

@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> y_elements: array<f32>;

struct Job {
    rows: u32,
    columns: u32,
    depth: u32,
    group: u32,
}

fn windows() -> u32 {
    return params.window.output.x * params.window.output.y;
}

fn jobs() -> u32 {
    return params.groups;
}

fn tiles() -> vec2<u32> {
    return (vec2<u32>(params.filters, params.batch * windows()) + TILE - 1u) / TILE;
}

fn setup(i: u32) -> Job {
    let cells = params.window.kernel.x * params.window.kernel.y;
    return Job(params.filters, params.batch * windows(), params.channels * cells, i);
}

fn row_of(job: Job, row: u32) -> Place {
    let filter_number = job.group * params.filters + row;
    return Place(params.w.offset + filter_number * params.w.steps.x, vec2<u32>(), row < job.rows);
}

fn column_of(job: Job, column: u32) -> Place {
    let image = column / windows();
    let corner = cell(column % windows(), params.window.output) * params.window.stride - params.window.padding;
    let at = params.x.offset + distance_of(params.x, image, job.group * params.channels, vec2<u32>());
    return Place(at, corner, column < job.columns);
}

// The cell of a window and its channel.
fn channel_and_cell(k: u32) -> vec3<u32> {
    let cells = params.window.kernel.x * params.window.kernel.y;
    return vec3<u32>(k / cells, cell(k % cells, params.window.kernel));
}

fn left_depth(job: Job, k: u32) -> Place {
    let place = channel_and_cell(k);
    return Place(distance_of(params.w, 0u, place.x, place.yz), vec2<u32>(), k < job.depth);
}

fn right_depth(job: Job, k: u32) -> Place {
    let place = channel_and_cell(k);
    return Place(place.x * params.x.steps.y, place.yz * params.window.dilation, k < job.depth);
}

fn load_right(depth: Place, column: Place) -> f32 {
    let at = column.cell + depth.cell;
    if column.inside && depth.inside && within(at, params.window.input) {
        return x_elements[column.at + depth.at + distance_of(params.x, 0u, 0u, at)];
    }
    return 0.0;
}

fn store(job: Job, row: u32, column: u32, value: f32) {
    if row < job.rows && column < job.columns {
        let at = cell(column % windows(), params.window.output);
        let channel = job.group * params.filters + row;
        y_elements[params.y.offset + distance_of(params.y, column / windows(), channel, at)] = value;
    }
}
