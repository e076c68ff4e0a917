// The least and the largest index of each chunk of a line along the axis, so that scatter_add passes over chunks that
// have nothing for an element. An index out of range is reported.

struct Params {
    // The index at place 0 of each line.
    walk: Walk,
    // How many indices there are in a line, and the distance between them.
    count: u32,
    step: u32,
    // Of the output's axis.
    length: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> ranges: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> fault: array<atomic<u32>, 4>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = folded(group, grid) * 256u + lane;
    let chunks = chunks_of(params.count);
    if i >= params.walk.count * chunks {
        return;
    }
    let line = locate(i / chunks).x;
    let first = i % chunks * CHUNK;
    var least = index[line + first * params.step];
    var largest = least;
    for (var k = first + 1u; k < min(first + CHUNK, params.count); k++) {
        let place = index[line + k * params.step];
        least = min(least, place);
        largest = max(largest, place);
    }
    ranges[i] = vec2<u32>(least, largest);
    if largest >= params.length {
        report(2u, largest, params.length);
    }
}
