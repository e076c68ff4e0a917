// out[.., i, ..] = x[.., index[.., i, ..], ..] in any type of 32 bits. An index out of range reads nothing
// and is reported.

struct Params {
    // The output, the index, and the input at index 0.
    walk: Walk,
    // Of the input's axis that is indexed.
    length: u32,
    step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;
@group(0) @binding(4) var<storage, read_write> fault: array<atomic<u32>, 4>;

fn element(at: vec4<u32>) {
    let k = index[at.y];
    if k < params.length {
        out[at.x] = x[at.z + k * params.step];
    } else {
        report(1u, k, params.length);
    }
}
