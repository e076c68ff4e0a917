// Every element becomes the same word.

struct Params {
    walk: Walk,
    word: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;

fn element(at: vec4<u32>) {
    out[at.x] = params.word;
}
