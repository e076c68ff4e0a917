// What one reduction shares with another: `OP` names how two numbers become one.
//
// The walk's views are the output and the input; its first `kept` axes are those that the output keeps.
// Each output's elements are cut into chunks, one result each, so that long sums use the whole GPU; the
// chunks' results are then reduced in the same way. How they are cut depends on shapes alone.

struct Params {
    walk: Walk,
    kept: u32,
    outputs: u32,
    // Elements for each output, and in a chunk.
    count: u32,
    chunk: u32,
    chunks: u32,
    // The distance between the results of two chunks.
    chunk_step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

const SUM: u32 = 0u;
const MAX: u32 = 1u;
const MIN: u32 = 2u;

fn neutral() -> f32 {
    switch OP {
        case MAX: { return -infinity(); }
        case MIN: { return infinity(); }
        default: { return 0.0; }
    }
}

fn join(a: f32, b: f32) -> f32 {
    switch OP {
        case SUM: { return a + b; }
        case MAX: { return larger(a, b); }
        default: { return smaller(a, b); }
    }
}

// How many jobs there are: the outputs of the first chunk, then those of the second, and so on.
fn count() -> u32 {
    return params.outputs * params.chunks;
}

// Where the result of job `i` goes, and its first element.
fn places(i: u32) -> vec4<u32> {
    let at = params.walk.offsets + along(i % params.outputs, 0u, params.kept);
    return at + vec4<u32>(i / params.outputs * params.chunk_step, 0u, 0u, 0u);
}

// Element `k` of those that become one, counted from the first.
fn element(first: u32, k: u32) -> f32 {
    return x[first + along(k, params.kept, params.walk.rank).y];
}
