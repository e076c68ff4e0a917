// For each place along the middle axis of [a, to, b] the position of the element of x [a, from, b] that index sends there,
// 0 if none is, and whether one is: the last one, or the first largest if `LARGEST`. `TYPE` is that of x. A thread for
// each place looks through all elements that could go there. An index out of range is reported.
//
// Joined with order.wgsl.

struct Params {
    // All places; those along the axis, the elements along it, and the elements behind it.
    count: u32,
    to: u32,
    from_length: u32,
    inner: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> places: array<u32>;
@group(0) @binding(4) var<storage, read_write> written: array<u32>;
// Number of the kernel whose index is out of range, 0 if none's is; the index, and the length of the axis.
@group(0) @binding(5) var<storage, read_write> fault: array<atomic<u32>, 4>;

const SCATTER: u32 = 3u;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= params.count {
        return;
    }
    let place = i / params.inner % params.to;
    let first = i / (params.inner * params.to) * params.from_length * params.inner + i % params.inner;
    var found = 0u;
    var taken = 0u;
    var best = 0u;
    for (var k = 0u; k < params.from_length; k++) {
        let at = first + k * params.inner;
        let to = index[at];
        if to >= params.to && atomicExchange(&fault[0], SCATTER) == 0u {
            // The first one is kept.
            atomicStore(&fault[1], to);
            atomicStore(&fault[2], params.to);
        }
        let key = key_of(x[at]);
        if to == place && (!LARGEST || taken == 0u || key > best) {
            found = k;
            taken = 1u;
            best = key;
        }
    }
    places[i] = found;
    written[i] = taken;
}
