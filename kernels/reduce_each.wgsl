// Reduces with one thread for each result, in order: many results of few elements.

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = folded(group, grid) * 256u + lane;
    if i >= params.outputs * params.chunks {
        return;
    }
    let at = places(i);
    let start = i / params.outputs * params.chunk;
    let end = min(start + params.chunk, params.count);
    var total = neutral();
    for (var k = start; k < end; k++) {
        total = join(total, element(at.y, k));
    }
    out[at.x] = total;
}
