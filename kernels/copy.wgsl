// Elements of one view to another, as they are or converted.

struct Params {
    walk: Walk,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

// Words, so that NaNs and denormal numbers stay what they are.
const BITS: u32 = 0u;
const TO_U32: u32 = 1u;
const TO_F32: u32 = 2u;

fn convert(word: u32) -> u32 {
    switch OP {
        case TO_U32: {
            let value = bitcast<f32>(word);
            // Truncated and saturated; NaN gives 0.
            if is_nan(value) || value < 1.0 {
                return 0u;
            }
            return select(u32(min(value, 4294967040.0)), 0xffffffffu, value >= 4294967296.0);
        }
        case TO_F32: {
            return bitcast<u32>(nearest(word));
        }
        default: {
            return word;
        }
    }
}

// The nearest float, the even one of two: drivers differ in how they round.
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

fn element(at: vec4<u32>) {
    out[at.x] = convert(x[at.y]);
}
