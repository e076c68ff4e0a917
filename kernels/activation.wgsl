// The activation that a fused kernel ends with, and its derivative.
//
// A kernel that is joined with this has the constant ACTIVATION, which names the function, and a uniform `params`
// with a member `slope`, the slope of a leaky ReLU below 0. Comparisons are of bits, so that NaN stays NaN whatever
// a compiler makes of it.

const IDENTITY: u32 = 0u;
const RELU: u32 = 1u;
const LEAKY_RELU: u32 = 2u;

// Whether z > 0. NaN is not.
fn is_positive(z: f32) -> bool {
    return bitcast<u32>(z) - 1u < 0x7f800000u;
}

// Whether z < 0 or z is −0. NaN is not.
fn is_negative(z: f32) -> bool {
    return bitcast<u32>(z) - 0x80000000u <= 0x7f800000u;
}

fn activated(z: f32) -> f32 {
    switch ACTIVATION {
        case RELU: { return select(z, 0.0, is_negative(z)); }
        case LEAKY_RELU: { return select(params.slope * z, z, is_positive(z)); }
        default: { return z; }
    }
}

// The pre-activation gradient: the derivative at `z` times `v`, the gradient of the result. Where the slope isn't
// negative, the result has the sign of `z` and does in its place.
fn activation_gradient(v: f32, z: f32) -> f32 {
    switch ACTIVATION {
        case RELU: { return select(0.0, v, is_positive(z)); }
        case LEAKY_RELU: { return select(params.slope * v, v, is_positive(z)); }
        default: { return v; }
    }
}
