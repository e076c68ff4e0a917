//! Meaning of an op, in terms that other languages have.

use kiln_tensor::{Activation, Array, Kernel};

/// Meaning of an op without its type, for translation into another language.
///
/// It acts on the inputs of its [`Note`](crate::graph::Note), whose output says the dims wanted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Portable {
    /// This kernel. Inputs of `Zip` and `Compare`, and the leading axes of those of `Matmul`, broadcast
    /// to each other first.
    Kernel(Kernel),
    /// `mask ? a : b` of the inputs `a` and `b`; all three broadcast.
    Select {
        /// Not 0 where `a` is taken; `U32`.
        mask: Array,
    },
    /// `y[.., i, ..] = x[.., index[.., i, ..], ..]`; see [`Kernel::Gather`].
    Gather {
        /// The axis indexed.
        axis: usize,
        /// The index, with the dims of the output.
        index: Array,
    },
    /// Zeros, to which the input is added at places; see [`Kernel::ScatterAdd`].
    ScatterAdd {
        /// The axis indexed.
        axis: usize,
        /// The index, with the dims of the input.
        index: Array,
    },
    /// `x` to mean 0 and variance 1 over axes; if there is an input `weight`, whose axes are those of `x` from the second on, then
    /// times the weight; if there is a `bias` like it, plus the bias; then the activation. See
    /// [`BatchNorm`](kiln_tensor::fused::BatchNorm) and [`RowNorm`](kiln_tensor::fused::RowNorm).
    Normalize {
        /// The axes normalised over.
        axes: Vec<usize>,
        /// Added to the variance.
        eps: f64,
        /// Whether the mean is subtracted; if not, the variance is the mean of squares.
        centred: bool,
        /// The activation that follows.
        activation: Activation,
    },
    /// `x [n, c, ..]` plus `bias [c]`, then this activation.
    Bias(Activation),
    /// `x [.., inputs]` times the transposed `weight [outputs, inputs]`, plus `bias [outputs]`, then this activation.
    Linear(Activation),
    /// Softmax along the last axis, or its logarithm; see [`Softmax`](kiln_tensor::fused::Softmax).
    Softmax {
        /// Whether it is the logarithm.
        log: bool,
    },
    /// `ln Σ eˣ` over the axes, which stay with length 1.
    LogSumExp {
        /// The axes summed over.
        axes: Vec<usize>,
    },
    /// The same elements in the same order with the output's dims.
    Reshape,
    /// The same elements repeated to the output's dims.
    BroadcastTo,
    /// Axis `i` of the output is axis `axes[i]` of the input.
    Permute {
        /// The order of the axes.
        axes: Vec<usize>,
    },
    /// A part along each axis.
    Slice {
        /// Elements that are taken of each axis.
        parts: Vec<AxisSlice>,
    },
    /// Zeros with the input put in.
    Embed {
        /// For each axis where the input starts and how far apart its elements lie.
        places: Vec<(usize, isize)>,
    },
    /// The inputs one after the other.
    Concat {
        /// Axis along which they are joined.
        axis: usize,
    },
}

/// Elements of an axis: `length` of them from `start` on, `step` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisSlice {
    /// Position of the first element.
    pub start: usize,
    /// Number of elements.
    pub length: usize,
    /// Distance between neighbours; a negative one walks backwards.
    pub step: isize,
}
