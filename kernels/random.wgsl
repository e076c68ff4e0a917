// Random numbers: element i is word i of a Philox4x32-10 key (Salmon et al., SC 2011), the same on every device.
// `OP` names the distribution; a thread makes the four elements of one block.
//
// Joined with strided.wgsl, which gives an element's offset.

struct Params {
    views: Strided,
    seed: vec2<u32>,
    step: u32,
    stream: u32,
    // What 0 and 1 are in the output's type, and how many of 2²⁴ words give 1.
    no: u32,
    yes: u32,
    threshold: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;

const WORDS: u32 = 0u;
const UNIFORM: u32 = 1u;
const BERNOULLI: u32 = 2u;

// The upper word of a product of 32-bit words.
fn upper(a: u32, b: u32) -> u32 {
    let a0 = a & 0xffffu;
    let a1 = a >> 16u;
    let b0 = b & 0xffffu;
    let b1 = b >> 16u;
    let middle = a1 * b0 + ((a0 * b0) >> 16u);
    return a1 * b1 + (middle >> 16u) + ((a0 * b1 + (middle & 0xffffu)) >> 16u);
}

fn philox(counter: u32) -> vec4<u32> {
    var key = params.seed;
    var x = vec4<u32>(counter, 0u, params.step, params.stream);
    for (var round = 0u; round < 10u; round++) {
        let a = 0xd2511f53u;
        let b = 0xcd9e8d57u;
        x = vec4<u32>(upper(b, x.z) ^ x.y ^ key.x, b * x.z, upper(a, x.x) ^ x.w ^ key.y, a * x.x);
        key += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
    }
    return x;
}

fn converted(word: u32) -> u32 {
    switch OP {
        case WORDS: { return word; }
        case UNIFORM: { return bitcast<u32>(f32(word >> 8u) * (1.0 / 16777216.0)); }
        default: { return select(params.no, params.yes, (word >> 8u) < params.threshold); }
    }
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= (params.views.count + 3u) / 4u {
        return;
    }
    let words = philox(i);
    for (var k = 0u; k < min(4u, params.views.count - i * 4u); k++) {
        out[offsets_of(i * 4u + k).x] = converted(words[k]);
    }
}
