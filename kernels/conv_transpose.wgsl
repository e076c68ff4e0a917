// The convolution's derivative for x. The cells of x fall into stride² phases; the windows that reach a
// cell do so with the taps of its phase alone, so no inserted zero is ever multiplied: a job is one phase
// of one group, a row a channel of x, a column a cell of the phase, and the depth runs over the filters
// and the phase's taps.
//
// Along one axis tap k reaches cell q·s + phase of x from window q + (phase + padding − k·dilation) / s,
// where that division leaves no rest.

@group(0) @binding(1) var<storage, read> y_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> x_elements: array<f32>;

struct Job {
    rows: u32,
    columns: u32,
    depth: u32,
    group: u32,
    phase: vec2<u32>,
    // The phase's cells, its first tap, and how many it has.
    size: vec2<u32>,
    first: vec2<u32>,
    taps: vec2<u32>,
}

fn jobs() -> u32 {
    return params.groups * params.window.stride.x * params.window.stride.y;
}

fn tiles() -> vec2<u32> {
    let largest = (params.window.input + params.window.stride - 1u) / params.window.stride;
    return (vec2<u32>(params.channels, params.batch * largest.x * largest.y) + TILE - 1u) / TILE;
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

fn setup(i: u32) -> Job {
    let phases = params.window.stride.x * params.window.stride.y;
    let phase = cell(i % phases, params.window.stride);
    let size = (max(params.window.input, phase) - phase + params.window.stride - 1u) / params.window.stride;
    let first = vec2<u32>(first_tap(phase.x, 0u), first_tap(phase.y, 1u));
    let taps = (params.window.kernel - first + params.tap_step - 1u) / params.tap_step;
    let depth = params.filters * taps.x * taps.y;
    return Job(params.channels, params.batch * size.x * size.y, depth, i / phases, phase, size, first, taps);
}

fn row_of(job: Job, row: u32) -> Place {
    return Place(params.w.offset + row * params.w.steps.y, vec2<u32>(), row < job.rows);
}

fn column_of(job: Job, column: u32) -> Place {
    let cells = job.size.x * job.size.y;
    let at = params.y.offset + column / cells * params.y.steps.x;
    return Place(at, cell(column % cells, job.size), column < job.columns);
}

// The filter's number among all groups, and the tap.
fn filter_and_tap(job: Job, k: u32) -> vec3<u32> {
    let taps = max(job.taps.x * job.taps.y, 1u);
    let tap = job.first + cell(k % taps, max(job.taps, vec2<u32>(1u))) * params.tap_step;
    return vec3<u32>(job.group * params.filters + k / taps, tap);
}

fn left_depth(job: Job, k: u32) -> Place {
    let place = filter_and_tap(job, k);
    return Place(distance_of(params.w, place.x, 0u, place.yz), vec2<u32>(), k < job.depth);
}

fn right_depth(job: Job, k: u32) -> Place {
    let place = filter_and_tap(job, k);
    let reach = vec2<i32>(job.phase + params.window.padding) - vec2<i32>(place.yz * params.window.dilation);
    let shift = vec2<u32>(reach / vec2<i32>(params.window.stride));
    return Place(place.x * params.y.steps.y, shift, k < job.depth);
}

fn load_right(depth: Place, column: Place) -> f32 {
    let at = column.cell + depth.cell;
    if column.inside && depth.inside && within(at, params.window.output) {
        return y_elements[column.at + depth.at + distance_of(params.y, 0u, 0u, at)];
    }
    return 0.0;
}

fn store(job: Job, row: u32, column: u32, value: f32) {
    if row < job.rows && column < job.columns {
        let cells = job.size.x * job.size.y;
        let at = cell(column % cells, job.size) * params.window.stride + job.phase;
        let channel = job.group * params.channels + row;
        x_elements[params.x.offset + distance_of(params.x, column / cells, channel, at)] = value;
    }
}
