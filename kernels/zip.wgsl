// out = f(a, b), element by element: `OP` names the function.
//
// Joined with strided.wgsl, which gives an element's offset in all three views, and math.wgsl, which has the
// functions that WGSL lacks.

struct Params {
    views: Strided,
    // The function's own number.
    c: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const ADD: u32 = 0u;
const SUB: u32 = 1u;
const MUL: u32 = 2u;
const DIV: u32 = 3u;
const POW: u32 = 4u;
const MAX: u32 = 5u;
const MIN: u32 = 6u;
const TANH_GRAD: u32 = 7u;
const SIGMOID_GRAD: u32 = 8u;
const SOFTPLUS_GRAD: u32 = 9u;
const RELU_GRAD: u32 = 10u;
const LEAKY_RELU_GRAD: u32 = 11u;
const ELU_GRAD: u32 = 12u;
const SILU_GRAD: u32 = 13u;
const GELU_GRAD: u32 = 14u;
const ATAN2: u32 = 15u;

fn apply(a: f32, b: f32) -> f32 {
    switch OP {
        case ADD: { return a + b; }
        case SUB: { return a - b; }
        case MUL: { return a * b; }
        case DIV: { return a / b; }
        case POW: { return power(a, b); }
        case ATAN2: { return angle(a, b); }
        case MAX: { return maximum(a, b); }
        case MIN: { return minimum(a, b); }
        case TANH_GRAD: { return a * (1.0 - b * b); }
        case SIGMOID_GRAD: { return a * (b * (1.0 - b)); }
        case SOFTPLUS_GRAD: { return a * sigmoid(b); }
        case RELU_GRAD: { return select(0.0, a, b > 0.0); }
        case LEAKY_RELU_GRAD: { return select(params.c * a, a, b > 0.0); }
        case ELU_GRAD: { return select(params.c * exp(b) * a, a, b > 0.0); }
        case SILU_GRAD: {
            let s = sigmoid(b);
            return a * damped(1.0 + damped(b, 1.0 - s), s);
        }
        default: { return a * (normal_cdf(b) + damped(b, normal_pdf(b))); }
    }
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i < params.views.count {
        let at = offsets_of(i);
        out[at.x] = apply(left[at.y], right[at.z]);
    }
}
