//! The ops, one file each: shape rule, forward, vector-Jacobian product, and their definition.
//!
//! An op is added by its file and a line here.

pub use crate::attention::Attention;
pub use crate::conv::Conv;
pub use crate::definition::OpEntry;
pub use crate::sample::{GridSample, Outside};
pub use compare::Comparand;
pub use normalize::BatchStats;

macro_rules! registry {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])* mod $name;)*

        /// All differentiable functions.
        pub const REGISTRY: &[OpEntry] = &[$(OpEntry {
            name: stringify!($name),
            definition: $name::definition,
            cases: || $name::definition().cases,
        }),*];
    };
}

pub(crate) use {add::add, div::div, mul::mul, neg::neg, sub::sub};

mod channels;
mod compare;
mod masks;
mod normalize;
mod resampled;
mod row_norm;

registry! {
    abs;
    acos;
    add;
    add_scalar;
    alias;
    asin;
    atan;
    atan2;
    attention;
    avg_pool2d;
    batch_norm;
    bias;
    binary_cross_entropy;
    broadcast_to;
    cast;
    ceil;
    clamp;
    concat;
    conv1d;
    conv2d;
    conv2d_weight;
    conv3d;
    conv_transpose2d;
    cos;
    cosh;
    cumprod;
    cumsum;
    digamma;
    div;
    dropout;
    einsum;
    elu;
    embed;
    embedding;
    erf;
    exp;
    expm1;
    flip;
    floor;
    gather;
    gelu;
    gelu_tanh;
    grid_sample;
    group_norm;
    hardswish;
    index_select;
    instance_norm;
    layer_norm;
    leaky_relu;
    lgamma;
    linear;
    ln;
    ln1p;
    logsumexp;
    matmul;
    max;
    max_pool2d;
    maximum;
    mean;
    min;
    minimum;
    mish;
    mul;
    mul_scalar;
    neg;
    norm;
    pad;
    permute;
    pixel_shuffle;
    pool3d;
    pow;
    pow_scalar;
    prelu;
    prod;
    recip;
    relu;
    repeat;
    reshape;
    resample;
    resize;
    rms_norm;
    round;
    rsqrt;
    scatter;
    scatter_add;
    select;
    selu;
    sigmoid;
    sign;
    silu;
    sin;
    sinh;
    slice;
    softmax;
    softplus;
    softsign;
    sort;
    split;
    sqrt;
    square;
    stack;
    sub;
    sum;
    tan;
    tanh;
    tril;
    trunc;
    unfold;
    var;
}
