//! Hints: what the pattern of wrong entries in a gradient suggests.

mod patterns;

pub(crate) use patterns::{Gradient, guess, unravel};

use serde::Serialize;
use std::fmt;

/// A guess at what is wrong with a backward rule, from the pattern of its wrong entries.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Hint {
    /// Something panicked, most likely the backward rule.
    Panicked,
    /// The rule returns a gradient whose dims or type aren't the input's.
    WrongDims,
    /// The gradient holds infinities or NaN where the function is smooth.
    NotFinite,
    /// The gradient is zero everywhere, and shouldn't be.
    Zero,
    /// All wrong entries lie at the end of an axis.
    Tail {
        /// The axis.
        axis: usize,
        /// The first index along it that is wrong.
        from: usize,
        /// The axis's length.
        length: usize,
    },
    /// All wrong entries lie at the start of an axis.
    Head {
        /// The axis.
        axis: usize,
        /// The first index along it that is right.
        to: usize,
        /// The axis's length.
        length: usize,
    },
    /// All wrong entries lie at one index of an axis, which is neither the first nor the last.
    Only {
        /// The axis.
        axis: usize,
        /// The index.
        index: usize,
    },
    /// The wrong entries are what they should be times a number.
    Ratio {
        /// The number.
        ratio: f64,
        /// Whether the ratio, or one over it, is the product of some of the lengths involved.
        is_length: bool,
    },
    /// The gradient is right with two axes exchanged.
    Transposed {
        /// The axes.
        axes: [usize; 2],
    },
    /// The gradient is right in reverse order along axes.
    Reversed {
        /// The axes.
        axes: Vec<usize>,
    },
    /// The gradient is right but for some places along an axis by which it is off.
    Shifted {
        /// The axis.
        axis: usize,
        /// Number of places that an element is found too far back.
        by: isize,
    },
    /// Some entries are zero and shouldn't be; the others are right.
    Missing {
        /// Number of these entries.
        wrong: usize,
        /// Number of all entries.
        total: usize,
    },
    /// Some entries should be zero and aren't; the others are right.
    Leaked {
        /// Number of these entries.
        wrong: usize,
        /// Number of all entries.
        total: usize,
    },
    /// The gradient is zero exactly where it shouldn't be.
    Inverted,
    /// The gradient is that of another input.
    Swapped {
        /// The other input.
        with: usize,
    },
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Hint::Panicked => {
                write!(f, "the backward rule panics, which the forward pass did not")
            }
            Hint::WrongDims => write!(
                f,
                "the gradient hasn't the input's dims and type: a broadcast axis that isn't summed, or the \
                 gradients of two inputs exchanged"
            ),
            Hint::NotFinite => {
                write!(f, "not finite: a division by zero, or an infinity times zero, in the rule")
            }
            Hint::Zero => write!(
                f,
                "zero where it should not be: the graph is severed (a value computed outside of \
                 differentiable ops), or a need flag is read wrongly"
            ),
            Hint::Tail { axis, from, length } if from + 1 == *length => {
                write!(f, "only the last index of axis {axis} is wrong: a remainder that is left out")
            }
            Hint::Tail { axis, from, length } => {
                write!(
                    f,
                    "only the end of axis {axis} is wrong, from {from} of {length}: a remainder that is left out"
                )
            }
            Hint::Head { axis, to, length } => {
                write!(
                    f,
                    "only the start of axis {axis} is wrong, up to {to} of {length}: an offset or padding"
                )
            }
            Hint::Only { axis, index } => {
                write!(
                    f,
                    "only index {index} of axis {axis} is wrong: a place that is overwritten or skipped"
                )
            }
            Hint::Ratio { ratio, .. } if (ratio + 1.0).abs() < 1e-6 => write!(f, "ratio -1: the sign"),
            Hint::Ratio { ratio, is_length: true } => {
                write!(f, "constant ratio {ratio:.6}: a broadcast axis that isn't summed, or a missing 1/N")
            }
            Hint::Ratio { ratio, .. } => write!(f, "constant ratio {ratio:.6}: a wrong factor"),
            Hint::Transposed { axes: [a, b] } => write!(f, "transposed: axes {a} and {b} are exchanged"),
            Hint::Reversed { axes } => match axes[..] {
                [axis] => write!(f, "reversed along axis {axis}: a flip that is missing, or one too many"),
                _ => write!(f, "reversed along axes {axes:?}: a window flipped once too often or not at all"),
            },
            Hint::Shifted { axis, by } => {
                write!(f, "shifted by {by} along axis {axis}: an offset, padding, or an order of groups")
            }
            Hint::Missing { wrong, total } => write!(
                f,
                "{wrong} of {total} entries are zero and should not be, the rest is right: dropped \
                 contributions, or a mask that is too small"
            ),
            Hint::Leaked { wrong, total } => write!(
                f,
                "{wrong} of {total} entries should be zero and are not, the rest is right: padding or masked \
                 values leak in"
            ),
            Hint::Inverted => write!(f, "zero exactly where it should not be: a mask is inverted"),
            Hint::Swapped { with } => {
                write!(f, "this is the gradient for input {with}: the inputs are swapped")
            }
        }
    }
}
