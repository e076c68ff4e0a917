// out = 1 if a ? b else 0, element by element: `OP` names the comparison, `TYPE` the elements' type.
//
// Joined with strided.wgsl, which gives an element's offset in all three views.

struct Params {
    views: Strided,
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

// Compilers may take `x != x` for false, so the bits decide.
fn is_nan(word: u32) -> bool {
    return TYPE == F32 && (word & 0x7fffffffu) > 0x7f800000u;
}

// A key whose order as an unsigned integer is the order of the numbers; both zeros have one.
fn key_of(word: u32) -> u32 {
    if TYPE == U32 {
        return word;
    }
    if (word & 0x7fffffffu) == 0u {
        return 0x80000000u;
    }
    return select(word | 0x80000000u, ~word, (word >> 31u) == 1u);
}

fn holds(a: u32, b: u32) -> bool {
    if is_nan(a) || is_nan(b) {
        return OP == NE;
    }
    let x = key_of(a);
    let y = key_of(b);
    switch OP {
        case EQ: { return x == y; }
        case NE: { return x != y; }
        case LT: { return x < y; }
        case LE: { return x <= y; }
        case GT: { return x > y; }
        default: { return x >= y; }
    }
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i < params.views.count {
        let at = offsets_of(i);
        out[at.x] = u32(holds(left[at.y], right[at.z]));
    }
}
