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

fn count() -> u32 {
    return params.walk.count * chunks_of(params.count);
}

fn each(i: u32) {
    let chunks = chunks_of(params.count);
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
