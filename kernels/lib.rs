//! The GPU kernels: one readable WGSL file for each, and the little that makes shaders of them.
//!
//! A [`Source`] names its parts, which are joined as they are, and its settings, which become `const`
//! lines in front. README.md beside this file tells how a kernel is written.

mod expand;

pub use expand::ExpandError;

/// One choice of constants: names and what they are, as WGSL text.
pub type Setting = &'static [(&'static str, &'static str)];

/// A kernel's text and the variants it comes in.
#[derive(Debug)]
pub struct Source {
    /// A short name for traces and messages; no two kernels share one.
    pub name: &'static str,
    /// WGSL files that are joined.
    pub parts: &'static [&'static str],
    /// A variant takes one setting from each of these lists.
    pub choices: &'static [&'static [Setting]],
}

impl Source {
    /// The shader of the variant with these constants.
    ///
    /// # Errors
    /// When there is no such variant, or a repeated block is malformed.
    pub fn expand(&self, constants: &[(&'static str, &'static str)]) -> Result<String, ExpandError> {
        if !self.variants().iter().any(|variant| variant == constants) {
            return Err(ExpandError::Variant { kernel: self.name, constants: format!("{constants:?}") });
        }
        expand::expand(self.name, &self.parts.join("\n"), constants)
    }

    /// The constants of every variant.
    pub fn variants(&self) -> Vec<Vec<(&'static str, &'static str)>> {
        self.choices.iter().fold(vec![vec![]], |variants, settings| {
            let with = |variant: &[_]| settings.iter().map(|setting| [variant, *setting].concat()).collect();
            variants.iter().flat_map(|variant| -> Vec<_> { with(variant) }).collect()
        })
    }
}

/// Settings that give one constant each of some values.
macro_rules! each {
    ($name:literal: $($value:literal),*) => { &[$(&[($name, $value)]),*] };
}

/// A kernel made of the named files, with its choices of settings.
macro_rules! source {
    ($name:literal: $($file:literal),* $(; $choice:expr)*) => {
        Source { name: $name, parts: &[$(include_str!(concat!($file, ".wgsl"))),*], choices: &[$($choice),*] }
    };
}

/// Every element becomes the same word.
pub static FILL: Source = source!("fill": "common", "walk", "fill", "elementwise", "each");
/// Elements of one view to another, converted if need be.
pub static COPY: Source =
    source!("copy": "common", "walk", "copy", "elementwise", "each"; each!("OP": "BITS", "TO_U32", "TO_F32"));
/// `out += x`.
pub static ACCUMULATE: Source = source!("accumulate": "common", "walk", "accumulate", "elementwise", "each");
/// A function of one number.
#[rustfmt::skip]
pub static MAP: Source = source!("map": "common", "walk", "functions", "map", "elementwise", "each"; each!("OP":
    "NEG", "ABS", "SIGN", "EXP", "EXPM1", "LN", "LN1P", "SQRT", "RSQRT", "RECIP", "SQUARE", "SIN", "COS", "TANH",
    "ERF", "FLOOR", "SIGMOID", "SOFTPLUS", "RELU", "LEAKY_RELU", "ELU", "SILU", "GELU", "ADD_SCALAR", "MUL_SCALAR",
    "POW_INTEGER", "POW_SCALAR", "CLAMP"));
/// A function of two numbers.
#[rustfmt::skip]
pub static ZIP: Source = source!("zip": "common", "walk", "functions", "zip", "elementwise", "each"; each!("OP":
    "ADD", "SUB", "MUL", "DIV", "POW", "MAX", "MIN", "TANH_GRAD", "SIGMOID_GRAD", "SOFTPLUS_GRAD", "RELU_GRAD",
    "LEAKY_RELU_GRAD", "ELU_GRAD", "SILU_GRAD", "GELU_GRAD"));
/// A comparison of two numbers.
pub static COMPARE: Source = source!("compare": "common", "walk", "compare", "elementwise", "each";
    each!("OP": "EQ", "NE", "LT", "LE", "GT", "GE"); each!("TYPE": "F32", "U32"));
/// Elements of one tensor or another.
pub static SELECT: Source = source!("select": "common", "walk", "select", "elementwise", "each");
/// Products of matrices.
pub static MATMUL: Source =
    source!("matmul": "common", "walk", "matmul", "matmul_plain", "gemm"; TILES; LEFT; RIGHT);
/// Dense layers: products with a bias and an activation.
#[rustfmt::skip]
pub static LINEAR: Source = source!("linear":
    "common", "walk", "matmul", "activation", "matmul_linear", "gemm"; TILES; LEFT; RIGHT; ACTIVATIONS);
/// Convolutions.
pub static CONV: Source =
    source!("conv": "common", "window", "triad", "filters", "conv", "gemm"; TILES; LEFT; RIGHT);
/// Their derivatives for the input: transposed convolutions.
pub static CONV_TRANSPOSE: Source = source!("conv_transpose": "common", "window", "triad", "filters", "conv_transpose", "gemm"; TILES; LEFT; RIGHT);
/// Their derivatives for the weights.
pub static CONV_WEIGHT: Source =
    source!("conv_weight": "common", "window", "triad", "conv_weight", "gemm"; TILES; LEFT; RIGHT);
/// Convolutions of few channels.
pub static CONV_EACH: Source =
    source!("conv_each": "common", "window", "triad", "conv_each", "direct", "each");
/// Their derivatives for the input.
pub static CONV_TRANSPOSE_EACH: Source =
    source!("conv_transpose_each": "common", "window", "triad", "conv_transpose_each", "direct", "each");
/// Their derivatives for the weights.
#[rustfmt::skip]
pub static CONV_WEIGHT_EACH: Source = source!("conv_weight_each":
    "common", "window", "triad", "team", "whole_team", "conv_weight_each", "each_team");
/// Means of windows.
pub static AVG_POOL: Source = source!("avg_pool": "common", "window", "pooling", "avg_pool", "pool", "each");
/// The adjoint of means of windows.
pub static AVG_POOL_ADJOINT: Source =
    source!("avg_pool_adjoint": "common", "window", "pooling", "avg_pool_adjoint", "pool", "each");
/// Where the largest cells of windows are.
pub static MAX_POOL_INDEX: Source =
    source!("max_pool_index": "common", "window", "pooling", "max_pool_index", "pool", "each");
/// Sums and extremes with a thread for each result.
pub static REDUCE_EACH: Source =
    source!("reduce_each": "common", "walk", "fold", "reduce_each", "each"; REDUCTIONS);
/// Sums and extremes with a workgroup for each result.
pub static REDUCE_TOGETHER: Source =
    source!("reduce_together": "common", "walk", "fold", "reduce_together"; REDUCTIONS);
/// The index of the first largest element along an axis.
pub static ARGMAX: Source =
    source!("argmax": "common", "walk", "argmax", "elementwise", "each"; each!("TYPE": "F32", "U32"));
/// Softmax of rows, or its logarithm.
pub static SOFTMAX: Source =
    source!("softmax": "common", "walk", "team", "softmax"; each!("LOG": "false", "true"));
/// Elements at places that an index tells.
pub static GATHER: Source = source!("gather": "common", "walk", "fault", "gather", "elementwise", "each");
/// Sums at places that an index tells.
pub static SCATTER_ADD: Source =
    source!("scatter_add": "common", "walk", "scatter_chunks", "scatter_add", "each");
/// Which indices are in each chunk of those.
pub static SCATTER_RANGES: Source =
    source!("scatter_ranges": "common", "walk", "fault", "scatter_chunks", "scatter_ranges", "each");
/// Random numbers.
pub static RANDOM: Source =
    source!("random": "common", "walk", "random", "each"; each!("OP": "WORDS", "UNIFORM", "BERNOULLI"));
/// Running averages in place.
pub static LERP: Source = source!("lerp": "common", "lerp", "each");

/// Means and variances of chunks of channels.
pub static MOMENTS: Source =
    source!("moments": "common", "channels", "channel_chunks", "team", "moments", "each_team"; TEAMS);
/// Means and variances of channels from those of their chunks.
pub static MERGE_MOMENTS: Source =
    source!("merge_moments": "common", "channels", "team", "merge_moments", "each_team"; TEAMS);
/// Batch norm by given means and variances, and the activation that follows.
pub static BATCH_NORM: Source =
    source!("batch_norm": "common", "channels", "standard", "activation", "batch_norm", "each"; ACTIVATIONS);
/// The sums that its derivative needs.
#[rustfmt::skip]
pub static BATCH_NORM_SUMS: Source = source!("batch_norm_sums":
    "common", "channels", "channel_chunks", "team", "standard", "activation", "batch_norm_sums", "each_team";
    TEAMS; ACTIVATIONS);
/// Its derivative for the input.
#[rustfmt::skip]
pub static BATCH_NORM_BACKWARD: Source = source!("batch_norm_backward":
    "common", "channels", "standard", "activation", "batch_norm_backward", "each"; ACTIVATIONS);
/// A bias for each channel, and the activation that follows.
pub static BIAS: Source = source!("bias": "common", "channels", "activation", "bias", "each"; ACTIVATIONS);
/// The gradient in front of that, and of chunks of channels its sums.
#[rustfmt::skip]
pub static BIAS_BACKWARD: Source = source!("bias_backward":
    "common", "channels", "channel_chunks", "team", "activation", "bias_backward", "each_team";
    TEAMS; ACTIVATIONS);
/// Binary cross-entropy of logits, for chunks of them.
#[rustfmt::skip]
pub static CROSS_ENTROPY: Source = source!("cross_entropy":
    "common", "team", "whole_team", "chunks", "functions", "cross_entropy", "each_team");
/// Its derivative for the logits.
pub static CROSS_ENTROPY_BACKWARD: Source =
    source!("cross_entropy_backward": "common", "functions", "cross_entropy_backward", "each");
/// Sums of numbers that lie in parts one after the other.
pub static SUM_PARTS: Source =
    source!("sum_parts": "common", "team", "numbers", "sum_parts", "each_team"; TEAMS);
/// Sums of pairs of numbers.
pub static SUM_PAIRS: Source =
    source!("sum_pairs": "common", "team", "pairs", "pairs_together", "sum_parts", "each_team"; TEAMS);
/// The same, with first and second numbers apart.
pub static SUM_PAIRS_APART: Source =
    source!("sum_pairs_apart": "common", "team", "pairs", "pairs_apart", "sum_parts", "each_team"; TEAMS);
/// The lengths of chunks of a tensor.
pub static NORM_PARTS: Source =
    source!("norm_parts": "common", "team", "whole_team", "chunks", "scale", "norm_parts", "each_team");
/// The length of all chunks together.
pub static NORM: Source = source!("norm": "common", "team", "whole_team", "scale", "norm", "each_team");
/// A step of Adam or AdamW in place.
pub static ADAM: Source = source!("adam": "common", "adam", "each");
/// A step of RMSprop in place.
pub static RMSPROP: Source = source!("rmsprop": "common", "rmsprop", "each");
/// A step of gradient descent in place.
pub static SGD: Source = source!("sgd": "common", "sgd", "each"; each!("NESTEROV": "false", "true"));

/// All kernels.
#[rustfmt::skip]
pub static ALL: &[&Source] = &[
    &FILL, &COPY, &ACCUMULATE, &MAP, &ZIP, &COMPARE, &SELECT, &MATMUL, &LINEAR, &CONV, &CONV_TRANSPOSE,
    &CONV_WEIGHT, &CONV_EACH, &CONV_TRANSPOSE_EACH, &CONV_WEIGHT_EACH, &AVG_POOL, &AVG_POOL_ADJOINT, &MAX_POOL_INDEX, &REDUCE_EACH, &REDUCE_TOGETHER, &ARGMAX,
    &SOFTMAX, &GATHER, &SCATTER_ADD, &SCATTER_RANGES, &RANDOM, &LERP, &MOMENTS, &MERGE_MOMENTS, &BATCH_NORM, &BATCH_NORM_SUMS,
    &BATCH_NORM_BACKWARD, &BIAS, &BIAS_BACKWARD, &CROSS_ENTROPY, &CROSS_ENTROPY_BACKWARD, &SUM_PARTS, &SUM_PAIRS, &SUM_PAIRS_APART, &NORM_PARTS, &NORM, &ADAM, &RMSPROP, &SGD,
];

/// The tiles of products of matrices, smallest first: a thread loads one quad of each side a time, so
/// `(TILE / SIDE)² = TILE / 4 · DEPTH`.
pub const TILES: &[Setting] = &[
    &[("TILE", "32u"), ("DEPTH", "8u"), ("SIDE", "4u")],
    &[("TILE", "64u"), ("DEPTH", "16u"), ("SIDE", "4u")],
    &[("TILE", "128u"), ("DEPTH", "8u"), ("SIDE", "8u")],
];
const REDUCTIONS: &[Setting] = each!("OP": "SUM", "MAX", "MIN");
/// The threads of a team that sums: many short sums, or a few long ones.
const TEAMS: &[Setting] = each!("TEAM": "16u", "256u");
const ACTIVATIONS: &[Setting] = each!("ACTIVATION": "IDENTITY", "RELU", "LEAKY_RELU");
const LEFT: &[Setting] = each!("LEFT_DEPTH_FIRST": "false", "true");
const RIGHT: &[Setting] = each!("RIGHT_DEPTH_FIRST": "false", "true");
