// The places of the elements of each row of x [rows, length] in order, the largest first if `DESCENDING`. `TYPE` names
// the elements' type. A thread counts the elements that come before its own, and writes its place there.
//
// Joined with order.wgsl.

struct Params {
    // All elements, and those of a row.
    count: u32,
    length: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

fn turned_key(i: u32) -> u32 {
    let key = key_of(x[i]);
    return select(key, ~key, DESCENDING);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= params.count {
        return;
    }
    let first = i / params.length * params.length;
    let own = turned_key(i);
    var before = 0u;
    for (var k = first; k < first + params.length; k++) {
        let key = turned_key(k);
        // Equal elements keep their order.
        if key < own || (key == own && k < i) {
            before++;
        }
    }
    out[first + before] = i - first;
}
