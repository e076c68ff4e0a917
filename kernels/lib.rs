//! GPU kernels as WGSL: a file for each, and the little that makes shaders of them.
//!
//! A [`Shader`] is a kernel's own file with at most two shared ones, joined as they are, and lists of constants, which
//! become `const` lines in front. README.md beside this file tells how a kernel is written.

mod expand;

pub use expand::ExpandError;

/// A constant of a shader: its name and its value, as WGSL text.
pub type ShaderConstant = (&'static str, &'static str);

/// Constants that are chosen together.
pub type Setting = &'static [ShaderConstant];

/// A file of WGSL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WgslFile {
    /// Name of the file, such as `gemm.wgsl`.
    pub file: &'static str,
    /// The text.
    pub text: &'static str,
}

/// A kernel's text and the variants it comes in.
#[derive(Debug)]
pub struct Shader {
    /// A short name for traces and messages; no two shaders share one.
    pub name: &'static str,
    /// Files that are joined: the kernel's own, and then those that it shares with others.
    pub parts: &'static [WgslFile],
    /// Lists of settings, from each of which a variant takes one.
    pub choices: &'static [&'static [Setting]],
}

impl Shader {
    /// The WGSL of the variant with these constants.
    ///
    /// # Errors
    /// When there is no such variant, or a repeated block is malformed.
    pub fn expand(&self, constants: &[ShaderConstant]) -> Result<String, ExpandError> {
        if !self.variants().iter().any(|variant| variant == constants) {
            return Err(ExpandError::Variant { kernel: self.name, constants: format!("{constants:?}") });
        }
        expand::expand(self.name, &self.text(), constants)
    }

    /// The joined text, before any constant is put in.
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| part.text).collect::<Vec<_>>().join("\n")
    }

    /// The constants of every variant.
    pub fn variants(&self) -> Vec<Vec<ShaderConstant>> {
        self.choices.iter().fold(vec![vec![]], |variants, settings| {
            let with = |variant: &[_]| settings.iter().map(|setting| [variant, *setting].concat()).collect();
            variants.iter().flat_map(|variant| -> Vec<_> { with(variant) }).collect()
        })
    }
}

/// Settings of one constant each, with these values.
macro_rules! one_of {
    ($name:literal: $($value:literal),*) => { &[$(&[($name, $value)]),*] };
}

/// A kernel of the file that has its name and the shared files named after it, with lists of settings.
macro_rules! shader {
    ($name:literal $(+ $shared:literal)* $(; $choice:expr)*) => {
        Shader { name: $name, parts: &[part!($name) $(, part!($shared))*], choices: &[$($choice),*] }
    };
}

macro_rules! part {
    ($name:literal) => {
        WgslFile { file: concat!($name, ".wgsl"), text: include_str!(concat!($name, ".wgsl")) }
    };
}

/// The tiles of products of matrices, smallest first: a thread loads one vector of each side a time, so
/// `(TILE / SIDE)² = TILE / 4 · DEPTH`.
pub const TILES: &[Setting] = &[
    &[("TILE", "32u"), ("DEPTH", "8u"), ("SIDE", "4u")],
    &[("TILE", "64u"), ("DEPTH", "16u"), ("SIDE", "4u")],
    &[("TILE", "128u"), ("DEPTH", "8u"), ("SIDE", "8u")],
];
const LEFT: &[Setting] = one_of!("LEFT_DEPTH_FIRST": "false", "true");
const RIGHT: &[Setting] = one_of!("RIGHT_DEPTH_FIRST": "false", "true");
/// Threads of a group that sums: many short sums, or a few long ones.
const GROUPS: &[Setting] = one_of!("GROUP": "16u", "256u");
const ACTIVATIONS: &[Setting] = one_of!("ACTIVATION": "IDENTITY", "RELU", "LEAKY_RELU");

/// One word for every element.
pub static FILL: Shader = shader!("fill" + "strided");
/// Elements of one view to another, converted if need be.
pub static COPY: Shader = shader!("copy" + "strided"; one_of!("OP": "BITS", "TO_U32", "TO_F32"));
/// `out += x`.
pub static ACCUMULATE: Shader = shader!("accumulate" + "strided");
/// A function of one number.
#[rustfmt::skip]
pub static MAP: Shader = shader!("map" + "strided" + "math"; one_of!("OP":
    "NEG", "ABS", "SIGN", "EXP", "EXPM1", "LN", "LN1P", "SQRT", "RSQRT", "RECIP", "SQUARE", "SIN", "COS", "TANH",
    "ERF", "FLOOR", "SIGMOID", "SOFTPLUS", "RELU", "LEAKY_RELU", "ELU", "SILU", "GELU", "ADD_SCALAR", "MUL_SCALAR",
    "POW_INTEGER", "POW_SCALAR", "CLAMP"));
/// A function of two numbers.
#[rustfmt::skip]
pub static ZIP: Shader = shader!("zip" + "strided" + "math"; one_of!("OP":
    "ADD", "SUB", "MUL", "DIV", "POW", "ATAN2", "MAX", "MIN", "TANH_GRAD", "SIGMOID_GRAD", "SOFTPLUS_GRAD",
    "RELU_GRAD", "LEAKY_RELU_GRAD", "ELU_GRAD", "SILU_GRAD", "GELU_GRAD"));
/// A comparison of two numbers.
pub static COMPARE: Shader = shader!("compare" + "strided";
    one_of!("OP": "EQ", "NE", "LT", "LE", "GT", "GE"); one_of!("TYPE": "F32", "U32"));
/// Elements of one tensor or another.
pub static SELECT: Shader = shader!("select" + "strided");
/// Products of matrices.
pub static MATMUL: Shader = shader!("matmul" + "strided" + "gemm"; TILES; LEFT; RIGHT);
/// Dense layers: products with a bias and an activation.
pub static LINEAR: Shader = shader!("linear" + "gemm" + "activation"; TILES; ACTIVATIONS);
/// Convolutions.
pub static CONV: Shader = shader!("conv" + "window" + "gemm"; TILES; LEFT; RIGHT);
/// Their derivatives for the input: transposed convolutions.
pub static CONV_TRANSPOSE: Shader = shader!("conv_transpose" + "window" + "gemm"; TILES; LEFT; RIGHT);
/// Their derivatives for the weights.
pub static CONV_WEIGHT: Shader = shader!("conv_weight" + "window" + "gemm"; TILES; LEFT; RIGHT);
/// Convolutions of few channels.
pub static CONV_EACH: Shader = shader!("conv_each" + "window");
/// Their derivatives for the input.
pub static CONV_TRANSPOSE_EACH: Shader = shader!("conv_transpose_each" + "window");
/// Their derivatives for the weights.
pub static CONV_WEIGHT_EACH: Shader = shader!("conv_weight_each" + "window" + "group");
/// Means of windows.
pub static AVG_POOL: Shader = shader!("avg_pool" + "window");
/// The adjoint of means of windows.
pub static AVG_POOL_ADJOINT: Shader = shader!("avg_pool_adjoint" + "window");
/// The largest elements of windows, and their positions.
pub static MAX_POOL: Shader = shader!("max_pool" + "window");
/// Positions of the largest elements of windows.
pub static MAX_POOL_INDEX: Shader = shader!("max_pool_index" + "window");
/// Sums and extremes along axes, with a thread or a workgroup for each result.
pub static REDUCE: Shader = shader!("reduce" + "strided" + "math";
    one_of!("OP": "SUM", "MAX", "MIN"); one_of!("GROUP": "1u", "256u"));
/// The index of the first largest element along an axis.
pub static ARGMAX: Shader = shader!("argmax" + "strided" + "order"; one_of!("TYPE": "F32", "U32"));
/// The places of the elements of rows in order.
pub static SORT_INDEX: Shader = shader!("sort_index" + "order";
    one_of!("TYPE": "F32", "U32"); one_of!("DESCENDING": "false", "true"));
/// Weighted sums of rows and columns of images.
pub static RESAMPLE: Shader = shader!("resample");
/// Softmax of rows, or its logarithm.
pub static SOFTMAX: Shader = shader!("softmax" + "group" + "math"; one_of!("LOG": "false", "true"));
/// Its derivative by the result.
pub static SOFTMAX_BACKWARD: Shader = shader!("softmax_backward" + "group"; one_of!("LOG": "false", "true"));
/// Norms of rows, with a line for each segment.
pub static ROW_NORM: Shader = shader!("row_norm" + "group"; GROUPS; one_of!("CENTRED": "false", "true");
    one_of!("WEIGHT": "false", "true"); one_of!("BIAS": "false", "true"));
/// Their derivatives for what is normalised.
pub static ROW_NORM_BACKWARD: Shader = shader!("row_norm_backward" + "group"; GROUPS;
    one_of!("CENTRED": "false", "true"); one_of!("WEIGHT": "false", "true"));
/// Their derivatives for weight and bias.
pub static ROW_NORM_WEIGHTS: Shader = shader!("row_norm_weights" + "group"; GROUPS);
/// Elements at places that an index tells.
pub static GATHER: Shader = shader!("gather" + "strided");
/// Sums at places that an index tells.
pub static SCATTER_ADD: Shader = shader!("scatter_add" + "strided");
/// The elements that an index sends to each place.
pub static SCATTER_SOURCE: Shader = shader!("scatter_source" + "order";
    one_of!("TYPE": "F32"); one_of!("LARGEST": "false", "true"));
/// The ranges of indices that those sums read.
pub static SCATTER_RANGES: Shader = shader!("scatter_ranges" + "strided");
/// Random numbers.
pub static RANDOM: Shader = shader!("random" + "strided"; one_of!("OP": "WORDS", "UNIFORM", "BERNOULLI"));
/// Running averages in place.
pub static LERP: Shader = shader!("lerp");
/// Means and variances of chunks of channels.
pub static MOMENTS: Shader = shader!("moments" + "group"; GROUPS);
/// Means and variances of channels from those of their chunks.
pub static MERGE_MOMENTS: Shader = shader!("merge_moments" + "group"; GROUPS);
/// Batch norm by given means and variances, and the activation that follows.
pub static BATCH_NORM: Shader = shader!("batch_norm" + "activation"; ACTIVATIONS);
/// The sums that its derivative needs.
pub static BATCH_NORM_SUMS: Shader = shader!("batch_norm_sums" + "group" + "activation"; GROUPS; ACTIVATIONS);
/// Its derivative for the input.
pub static BATCH_NORM_BACKWARD: Shader = shader!("batch_norm_backward" + "activation"; ACTIVATIONS);
/// A bias for each channel, and the activation that follows.
pub static BIAS: Shader = shader!("bias" + "activation"; ACTIVATIONS);
/// The pre-activation gradient of that, and its sums over chunks of channels.
pub static BIAS_BACKWARD: Shader = shader!("bias_backward" + "group" + "activation"; GROUPS; ACTIVATIONS);
/// Binary cross-entropy of logits, for chunks of them.
pub static CROSS_ENTROPY: Shader = shader!("cross_entropy" + "group" + "math");
/// Its derivative for the logits.
pub static CROSS_ENTROPY_BACKWARD: Shader = shader!("cross_entropy_backward" + "math");
/// Sums of numbers that lie in parts one after the other.
pub static SUM_PARTS: Shader = shader!("sum_parts" + "group"; GROUPS);
/// Sums of pairs of numbers, first and second numbers apart.
pub static SUM_PAIRS: Shader = shader!("sum_pairs" + "group"; GROUPS);
/// The norms of chunks of a tensor.
pub static NORM_PARTS: Shader = shader!("norm_parts" + "group");
/// The norm of all chunks together.
pub static NORM: Shader = shader!("norm" + "group");
/// A step of Adam or AdamW in place.
pub static ADAM: Shader = shader!("adam" + "math");
/// A step of RMSprop in place.
pub static RMSPROP: Shader = shader!("rmsprop" + "math");
/// A step of gradient descent in place.
pub static SGD: Shader = shader!("sgd"; one_of!("NESTEROV": "false", "true"));

/// All kernels.
#[rustfmt::skip]
pub static ALL: &[&Shader] = &[
    &FILL, &COPY, &ACCUMULATE, &MAP, &ZIP, &COMPARE, &SELECT, &MATMUL, &LINEAR, &CONV, &CONV_TRANSPOSE, &CONV_WEIGHT,
    &CONV_EACH, &CONV_TRANSPOSE_EACH, &CONV_WEIGHT_EACH, &AVG_POOL, &AVG_POOL_ADJOINT, &MAX_POOL, &MAX_POOL_INDEX, &REDUCE,
    &ARGMAX, &RESAMPLE, &SOFTMAX, &SOFTMAX_BACKWARD, &ROW_NORM, &ROW_NORM_BACKWARD, &ROW_NORM_WEIGHTS, &GATHER, &SCATTER_ADD, &SCATTER_SOURCE,
    &SCATTER_RANGES, &SORT_INDEX, &RANDOM, &LERP, &MOMENTS, &MERGE_MOMENTS, &BATCH_NORM,
    &BATCH_NORM_SUMS, &BATCH_NORM_BACKWARD, &BIAS, &BIAS_BACKWARD, &CROSS_ENTROPY, &CROSS_ENTROPY_BACKWARD, &SUM_PARTS,
    &SUM_PAIRS, &NORM_PARTS, &NORM, &ADAM, &RMSPROP, &SGD,
];
