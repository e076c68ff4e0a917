// The function of each element that a fused kernel ends with; `ACTIVATION` names it. NaN is not positive, and
// stays NaN.

const IDENTITY: u32 = 0u;
const RELU: u32 = 1u;
const LEAKY_RELU: u32 = 2u;

fn is_positive(z: f32) -> bool {
    return z > 0.0 && !is_nan(z);
}

fn activated(z: f32) -> f32 {
    switch ACTIVATION {
        case RELU: { return larger(z, 0.0); }
        case LEAKY_RELU: { return select(params.slope * z, z, is_positive(z)); }
        default: { return z; }
    }
}

// The derivative at `z` times `v`.
fn activated_gradient(v: f32, z: f32) -> f32 {
    switch ACTIVATION {
        case RELU: { return select(0.0, v, is_positive(z)); }
        case LEAKY_RELU: { return select(params.slope * v, v, is_positive(z)); }
        default: { return v; }
    }
}
