// The least and the largest index of each chunk of a line along the axis, for `scatter_add`, which passes over
// chunks that have nothing for an element. An index out of range is reported.
//
// Joined with strided.wgsl, which gives a line's offset.

struct Params {
    // The index at 0 along the axis.
    views: Strided,
    // Indices of a line, and their stride.
    count: u32,
    stride: u32,
    // Length of the output's axis.
    length: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> ranges: array<vec2<u32>>;
// Number of the kernel whose index is out of range, 0 if none's is; the index, and the length of the axis.
@group(0) @binding(3) var<storage, read_write> fault: array<atomic<u32>, 4>;

const CHUNK: u32 = 64u;
const SCATTER_ADD: u32 = 2u;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    let chunks = (params.count + CHUNK - 1u) / CHUNK;
    if i >= params.views.count * chunks {
        return;
    }
    let line = offsets_of(i / chunks).x;
    let first = i % chunks * CHUNK;
    var least = index[line + first * params.stride];
    var largest = least;
    for (var k = first + 1u; k < min(first + CHUNK, params.count); k++) {
        let value = index[line + k * params.stride];
        least = min(least, value);
        largest = max(largest, value);
    }
    ranges[i] = vec2<u32>(least, largest);
    if largest >= params.length && atomicExchange(&fault[0], SCATTER_ADD) == 0u {
        // The first one is kept.
        atomicStore(&fault[1], largest);
        atomicStore(&fault[2], params.length);
    }
}
