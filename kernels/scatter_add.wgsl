// Zeros, then out[.., index[.., i, ..], ..] += v[.., i, ..]: each thread owns one element of the output
// and looks through all that could go there, in order, so that sums are the same each time.

struct Params {
    // The output, the index and the values at place 0, and in the last view the output's place along
    // the axis.
    walk: Walk,
    // How many values there are along the axis, and the distance between them in each input.
    count: u32,
    index_step: u32,
    value_step: u32,
    // Elements of the output at one place of the outer axes and the axis, and at one of the outer axes.
    inner: u32,
    line: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
// The least and the largest index of each chunk of each line.
@group(0) @binding(3) var<storage, read> ranges: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

fn count() -> u32 {
    return params.walk.count;
}

fn each(i: u32) {
    let at = locate(i);
    let line = i / params.line * params.inner + i % params.inner;
    let chunks = chunks_of(params.count);
    var sum = 0.0;
    for (var chunk = 0u; chunk < chunks; chunk++) {
        let range = ranges[line * chunks + chunk];
        if at.w < range.x || at.w > range.y {
            continue;
        }
        for (var k = chunk * CHUNK; k < min((chunk + 1u) * CHUNK, params.count); k++) {
            if index[at.y + k * params.index_step] == at.w {
                sum += values[at.z + k * params.value_step];
            }
        }
    }
    out[at.x] = sum;
}
