// Sums and extremes along axes: `OP` names how two numbers become one, and GROUP is the number of threads for each
// result: 1 for many results of few elements, or a workgroup's 256.
//
// Joined with strided.wgsl, which gives the elements' offsets, and math.wgsl, whose extremes keep NaN.
//
// Each output's elements are cut into chunks with a result each, so that long reductions use the whole GPU; the
// chunks' results are then reduced in the same way. How they are cut depends on shapes alone, and each sum has one
// order.

struct Params {
    // The output and the input, of which the first `kept` axes are those that the output keeps.
    views: Strided,
    kept: u32,
    outputs: u32,
    // Elements of an output, elements of a chunk, and chunks of an output.
    count: u32,
    chunk: u32,
    chunks: u32,
    // Distance between the results of two chunks.
    chunk_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

const SUM: u32 = 0u;
const MAX: u32 = 1u;
const MIN: u32 = 2u;

const WORKGROUP: u32 = 256u;

var<workgroup> scratch: array<f32, WORKGROUP>;

fn neutral() -> f32 {
    switch OP {
        case MAX: { return -infinity(); }
        case MIN: { return infinity(); }
        default: { return 0.0; }
    }
}

fn combine(a: f32, b: f32) -> f32 {
    switch OP {
        case SUM: { return a + b; }
        case MAX: { return maximum(a, b); }
        default: { return minimum(a, b); }
    }
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup_id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    // All outputs of the first chunk come first, then those of the second, and so on.
    let i = (workgroup_id.y * grid.x + workgroup_id.x) * (WORKGROUP / GROUP) + thread / GROUP;
    let exists = i < params.outputs * params.chunks;
    var offset = 0u;
    var total = neutral();
    if exists {
        let chunk = i / params.outputs;
        let first = params.views.offsets + offset_along(i % params.outputs, 0u, params.kept);
        offset = first.x + chunk * params.chunk_stride;
        let start = chunk * params.chunk;
        let end = min(start + params.chunk, params.count);
        for (var k = start + thread % GROUP; k < end; k += GROUP) {
            total = combine(total, x[first.y + offset_along(k, params.kept, params.views.rank).y]);
        }
    }
    if GROUP > 1u {
        scratch[thread] = total;
        for (var half = GROUP / 2u; half > 0u; half /= 2u) {
            workgroupBarrier();
            if thread < half {
                scratch[thread] = combine(scratch[thread], scratch[thread + half]);
            }
        }
        total = scratch[thread];
    }
    if exists && thread % GROUP == 0u {
        out[offset] = total;
    }
}
