// out[.., i, ..] = x[.., index[.., i, ..], ..], for any type of 32 bits. An index out of range reads nothing and is
// reported.
//
// Joined with strided.wgsl, which gives an element's offset in all three views.

struct Params {
    // The output, the index, and the input at index 0.
    views: Strided,
    // Length and stride of the input's axis that is indexed.
    length: u32,
    stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;
// Number of the kernel whose index is out of range, 0 if none's is; the index, and the length of the axis.
@group(0) @binding(4) var<storage, read_write> fault: array<atomic<u32>, 4>;

const GATHER: u32 = 1u;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= params.views.count {
        return;
    }
    let at = offsets_of(i);
    let k = index[at.y];
    if k < params.length {
        out[at.x] = x[at.z + k * params.stride];
    } else if atomicExchange(&fault[0], GATHER) == 0u {
        // The first one is kept.
        atomicStore(&fault[1], k);
        atomicStore(&fault[2], params.length);
    }
}
