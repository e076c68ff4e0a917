// The convolution's derivative for w: a row is a filter, a column a channel and cell of the window, and the
// depth runs over the windows of all images. That is deep and narrow, so the depth is cut into parts, a
// job each, whose results a second pass adds in order.

@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read> y_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> w_elements: array<f32>;

struct Job {
    rows: u32,
    columns: u32,
    depth: u32,
    group: u32,
    part: u32,
}

fn windows() -> u32 {
    return params.window.output.x * params.window.output.y;
}

fn cells() -> u32 {
    return params.window.kernel.x * params.window.kernel.y;
}

fn jobs() -> u32 {
    return params.groups * params.parts;
}

fn tiles() -> vec2<u32> {
    return (vec2<u32>(params.filters, params.channels * cells()) + TILE - 1u) / TILE;
}

fn setup(i: u32) -> Job {
    let part = i % params.parts;
    let all = params.batch * windows();
    let depth = min(params.part, all - min(all, part * params.part));
    return Job(params.filters, params.channels * cells(), depth, i / params.parts, part);
}

fn row_of(job: Job, row: u32) -> Place {
    let at = params.y.offset + (job.group * params.filters + row) * params.y.steps.y;
    return Place(at, vec2<u32>(), row < job.rows);
}

fn column_of(job: Job, column: u32) -> Place {
    let channel = job.group * params.channels + column / cells();
    let place = cell(column % cells(), params.window.kernel) * params.window.dilation;
    return Place(params.x.offset + channel * params.x.steps.y, place, column < job.columns);
}

// The image, and the window in it.
fn image_and_window(job: Job, k: u32) -> vec3<u32> {
    let i = job.part * params.part + k;
    return vec3<u32>(i / windows(), cell(i % windows(), params.window.output));
}

fn left_depth(job: Job, k: u32) -> Place {
    let place = image_and_window(job, k);
    return Place(distance_of(params.y, place.x, 0u, place.yz), vec2<u32>(), k < job.depth);
}

fn right_depth(job: Job, k: u32) -> Place {
    let place = image_and_window(job, k);
    let corner = place.yz * params.window.stride - params.window.padding;
    return Place(place.x * params.x.steps.x, corner, k < job.depth);
}

fn load_left(row: Place, depth: Place) -> f32 {
    if row.inside && depth.inside {
        return y_elements[row.at + depth.at];
    }
    return 0.0;
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
        let at = cell(column % cells(), params.window.kernel);
        let place = distance_of(params.w, job.group * params.filters + row, column / cells(), at);
        w_elements[params.w.offset + job.part * params.part_step + place] = value;
    }
}
