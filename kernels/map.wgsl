// out = f(x), element by element: `OP` names the function.
//
// Joined with strided.wgsl, which gives an element's offset in both views, and math.wgsl, which has the functions
// that WGSL lacks.

struct Params {
    views: Strided,
    // The function's own numbers.
    a: f32,
    b: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

const NEG: u32 = 0u;
const ABS: u32 = 1u;
const SIGN: u32 = 2u;
const EXP: u32 = 3u;
const EXPM1: u32 = 4u;
const LN: u32 = 5u;
const LN1P: u32 = 6u;
const SQRT: u32 = 7u;
const RSQRT: u32 = 8u;
const RECIP: u32 = 9u;
const SQUARE: u32 = 10u;
const SIN: u32 = 11u;
const COS: u32 = 12u;
const TANH: u32 = 13u;
const ERF: u32 = 14u;
const FLOOR: u32 = 15u;
const SIGMOID: u32 = 16u;
const SOFTPLUS: u32 = 17u;
const RELU: u32 = 18u;
const LEAKY_RELU: u32 = 19u;
const ELU: u32 = 20u;
const SILU: u32 = 21u;
const GELU: u32 = 22u;
const ADD_SCALAR: u32 = 23u;
const MUL_SCALAR: u32 = 24u;
const POW_INTEGER: u32 = 25u;
const POW_SCALAR: u32 = 26u;
const CLAMP: u32 = 27u;

fn apply(x: f32) -> f32 {
    switch OP {
        case NEG: { return -x; }
        case ABS: { return abs(x); }
        case SIGN: { return select(sign(x), x, x == 0.0); }
        case EXP: { return exp(x); }
        case EXPM1: { return expm1(x); }
        case LN: { return log_of(x); }
        case LN1P: { return select(log1p(x), log_of(1.0 + x), x <= -1.0); }
        case SQRT: { return select(sqrt(x), nan(), x < 0.0); }
        case RSQRT: { return select(select(inverseSqrt(x), nan(), x < 0.0), infinity(), x == 0.0); }
        case RECIP: { return 1.0 / x; }
        case SQUARE: { return x * x; }
        case SIN: { return sine(x, 0); }
        case COS: { return sine(x, 1); }
        case TANH: { return tanh_of(x); }
        case ERF: { return erf(x); }
        case FLOOR: { return floor(x); }
        case SIGMOID: { return sigmoid(x); }
        case SOFTPLUS: { return softplus(x); }
        case RELU: { return maximum(x, 0.0); }
        case LEAKY_RELU: { return select(params.a * x, x, x > 0.0); }
        case ELU: { return select(params.a * expm1(x), x, x > 0.0); }
        case SILU: { return damped(x, sigmoid(x)); }
        case GELU: { return damped(x, normal_cdf(x)); }
        case ADD_SCALAR: { return x + params.a; }
        case MUL_SCALAR: { return x * params.a; }
        case POW_INTEGER: { return integer_power(x, i32(params.a)); }
        case POW_SCALAR: { return power(x, params.a); }
        default: { return minimum(maximum(x, params.a), params.b); }
    }
}

fn log_of(x: f32) -> f32 {
    return select(select(log(x), nan(), x < 0.0), -infinity(), x == 0.0);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i < params.views.count {
        let at = offsets_of(i);
        let value = x[at.y];
        // NaN stays NaN, whatever a driver makes of it; but x⁰ is 1.
        let keep = is_nan(value) && OP != POW_INTEGER && OP != POW_SCALAR;
        out[at.x] = select(apply(value), value, keep);
    }
}
