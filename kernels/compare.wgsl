// out = 1 if a ? b else 0, element by element; `OP` names the comparison, `TYPE` the elements.

struct Params {
    walk: Walk,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<u32>;
@group(0) @binding(2) var<storage, read> right: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

const EQ: u32 = 0u;
const NE: u32 = 1u;
const LT: u32 = 2u;
const LE: u32 = 3u;
const GT: u32 = 4u;
const GE: u32 = 5u;
const U32: u32 = 0u;
const F32: u32 = 1u;

// A word whose order as an unsigned integer is the order of the numbers; both zeros are one.
fn ordered(word: u32) -> u32 {
    if TYPE == U32 {
        return word;
    }
    if (word & 0x7fffffffu) == 0u {
        return 0x80000000u;
    }
    return select(word | 0x80000000u, ~word, (word >> 31u) == 1u);
}

fn holds(a: u32, b: u32) -> bool {
    if TYPE == F32 && (is_nan(bitcast<f32>(a)) || is_nan(bitcast<f32>(b))) {
        return OP == NE;
    }
    let x = ordered(a);
    let y = ordered(b);
    switch OP {
        case EQ: { return x == y; }
        case NE: { return x != y; }
        case LT: { return x < y; }
        case LE: { return x <= y; }
        case GT: { return x > y; }
        default: { return x >= y; }
    }
}

fn element(at: vec4<u32>) {
    out[at.x] = u32(holds(left[at.y], right[at.z]));
}
