// out[.., index[.., i, ..], ..] += values[.., i, ..]: a thread for each element of the output looks
// through all values that could go there, in order, so that sums are the same each time.
//
// Joined with strided.wgsl, which gives an element's offset in each view.
//
// Values along the axis come in chunks of CHUNK. Those whose indices, as `scatter_ranges` has found, have nothing
// for the element are passed over.

struct Params {
    // The output, the index and the values at 0 along the axis, and in the last view the output's index along the axis.
    views: Strided,
    // Values along the axis, and their strides.
    count: u32,
    index_stride: u32,
    value_stride: u32,
    // Elements of the output at one index of the outer axes and the axis, and at one of the outer axes.
    inner: u32,
    outer_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
// The least and the largest index of each chunk of each line along the axis.
@group(0) @binding(3) var<storage, read> ranges: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

const CHUNK: u32 = 64u;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= params.views.count {
        return;
    }
    let at = offsets_of(i);
    let line = i / params.outer_stride * params.inner + i % params.inner;
    let chunks = (params.count + CHUNK - 1u) / CHUNK;
    var sum = 0.0;
    for (var chunk = 0u; chunk < chunks; chunk++) {
        let range = ranges[line * chunks + chunk];
        if at.w < range.x || at.w > range.y {
            continue;
        }
        for (var k = chunk * CHUNK; k < min((chunk + 1u) * CHUNK, params.count); k++) {
            if index[at.y + k * params.index_stride] == at.w {
                sum += values[at.z + k * params.value_stride];
            }
        }
    }
    out[at.x] += sum;
}
