// out = x, element by element, as it is or converted: `OP` names the conversion.
//
// Joined with strided.wgsl, which gives an element's offset in both views.

struct Params {
    views: Strided,
}

// Words, so that NaNs and denormal numbers stay what they are.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

const BITS: u32 = 0u;
const TO_U32: u32 = 1u;
const TO_F32: u32 = 2u;

// A float's integer: truncated and saturated. NaN, whose bits are above infinity's, gives 0.
fn truncated(word: u32) -> u32 {
    let value = bitcast<f32>(word);
    if (word & 0x7fffffffu) > 0x7f800000u || value < 1.0 {
        return 0u;
    }
    return select(u32(min(value, 4294967040.0)), 0xffffffffu, value >= 4294967296.0);
}

// The float nearest to an integer, the even one of two: drivers differ in how they round.
fn nearest(word: u32) -> f32 {
    if word < 0x1000000u {
        return f32(word);
    }
    let shift = 8u - countLeadingZeros(word);
    let kept = word >> shift;
    let rest = word & ((1u << shift) - 1u);
    let half = 1u << (shift - 1u);
    let up = rest > half || (rest == half && (kept & 1u) == 1u);
    return f32(kept + u32(up)) * f32(1u << shift);
}

fn converted(word: u32) -> u32 {
    switch OP {
        case TO_U32: { return truncated(word); }
        case TO_F32: { return bitcast<u32>(nearest(word)); }
        default: { return word; }
    }
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i < params.views.count {
        let at = offsets_of(i);
        out[at.x] = converted(x[at.y]);
    }
}
