// The index of the first largest element along an axis; NaN counts as the largest. `TYPE` names the elements' type.
//
// Joined with strided.wgsl, which gives the offset of an output and of its first element, and with order.wgsl.

struct Params {
    // The output, and the first element along the axis.
    views: Strided,
    length: u32,
    stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= params.views.count {
        return;
    }
    let at = offsets_of(i);
    var largest = key_of(x[at.y]);
    var index = 0u;
    for (var k = 1u; k < params.length; k++) {
        let key = key_of(x[at.y + k * params.stride]);
        if key > largest {
            largest = key;
            index = k;
        }
    }
    out[at.x] = index;
}
