// Reduces with one workgroup for each result: each thread takes every 256th element, then the threads'
// results are joined two by two.

var<workgroup> totals: array<f32, 256>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = folded(group, grid);
    if i >= count() {
        return;
    }
    let at = places(i);
    let start = i / params.outputs * params.chunk;
    let end = min(start + params.chunk, params.count);
    var total = neutral();
    for (var k = start + lane; k < end; k += 256u) {
        total = join(total, element(at.y, k));
    }
    totals[lane] = total;
    for (var half = 128u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half {
            totals[lane] = join(totals[lane], totals[lane + half]);
        }
    }
    if lane == 0u {
        out[at.x] = totals[0];
    }
}
