// The index of the first largest element along an axis; NaN counts as the largest. `TYPE` names the elements.

struct Params {
    // The output, and the first element along the axis.
    walk: Walk,
    length: u32,
    step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

const U32: u32 = 0u;
const F32: u32 = 1u;

// A word whose order as an unsigned integer is the order of the numbers, NaN being the largest.
fn ordered(word: u32) -> u32 {
    if TYPE == U32 {
        return word;
    }
    if is_nan(bitcast<f32>(word)) {
        return 0xffffffffu;
    }
    if (word & 0x7fffffffu) == 0u {
        return 0x80000000u;
    }
    return select(word | 0x80000000u, ~word, (word >> 31u) == 1u);
}

fn element(at: vec4<u32>) {
    var best = ordered(x[at.y]);
    var index = 0u;
    for (var k = 1u; k < params.length; k++) {
        let value = ordered(x[at.y + k * params.step]);
        if value > best {
            best = value;
            index = k;
        }
    }
    out[at.x] = index;
}
