//! The ops, one file each: shape rule, forward, vector-Jacobian product, and their definition.
//!
//! An op is added by its file and a line here.

pub use crate::conv::Conv;
pub use crate::definition::OpEntry;
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
mod normalize;

registry! {
    abs;
    add;
    add_scalar;
    alias;
    avg_pool2d;
    batch_norm;
    bias;
    binary_cross_entropy;
    broadcast_to;
    cast;
    clamp;
    concat;
    conv1d;
    conv2d;
    conv2d_weight;
    conv_transpose2d;
    cos;
    div;
    dropout;
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
    group_norm;
    index_select;
    instance_norm;
    layer_norm;
    leaky_relu;
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
    mul;
    mul_scalar;
    neg;
    pad;
    permute;
    pow;
    pow_scalar;
    recip;
    relu;
    reshape;
    resize;
    rsqrt;
    scatter_add;
    select;
    sigmoid;
    sign;
    silu;
    sin;
    slice;
    softmax;
    softplus;
    split;
    sqrt;
    square;
    stack;
    sub;
    sum;
    tanh;
    var;
}
