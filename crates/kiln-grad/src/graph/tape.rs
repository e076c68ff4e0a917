//! The ops that ran, in order and in terms that other programs know.

use crate::mode::{Ends, Place, place, run_op};
use crate::ops::slice::Part;
use crate::tensor::Tensor;
use kiln_tensor::{Activation, Array, Kernel};
use std::cell::RefCell;
use std::panic::Location;

thread_local! {
    static TAPE: RefCell<Option<Vec<Note>>> = const { RefCell::new(None) };
}

/// What an op does, said without its type, for whoever translates ops into another language.
///
/// It acts on the inputs of its [`Note`], whose output says the dims wanted.
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
    /// `x [a, b, c]` to mean 0 and variance 1 over axes; if there are the inputs `weight [b]` and `bias [b]`,
    /// then times the weight plus the bias; then the activation. See
    /// [`BatchNorm`](kiln_tensor::fused::BatchNorm).
    Normalize {
        /// The axes normalised over.
        axes: Vec<usize>,
        /// Added to the variance.
        eps: f64,
        /// What follows.
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
        /// What is taken of each axis.
        parts: Vec<Part>,
    },
    /// Zeros with the input put in.
    Embed {
        /// For each axis where the input starts and how far apart its elements lie.
        places: Vec<(usize, isize)>,
    },
    /// The inputs one after the other.
    Concat {
        /// Along which axis.
        axis: usize,
    },
}

/// An op that ran.
#[derive(Clone, Debug)]
pub struct Note {
    /// The op's name.
    pub op: &'static str,
    /// What it does; `None` for an op that doesn't [say](crate::Op::describe).
    pub portable: Option<Portable>,
    /// What it was given.
    pub inputs: Vec<Array>,
    /// What it made.
    pub output: Array,
    /// Where it ran; in a backward rule, the op whose rule it is.
    pub place: Place,
}

impl Note {
    /// Everything it read: the inputs, and the mask or index of those ops that have one.
    pub fn operands(&self) -> impl Iterator<Item = &Array> {
        let other = match &self.portable {
            Some(Portable::Select { mask }) => Some(mask),
            Some(Portable::Gather { index, .. } | Portable::ScatterAdd { index, .. }) => Some(index),
            _ => None,
        };
        self.inputs.iter().chain(other)
    }
}

/// The ops that ran on a thread, in order.
///
/// It keeps all arrays alive, so an array is the output of an op just if it is the
/// [same](Array::is_same) one.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    /// The ops.
    pub notes: Vec<Note>,
}

/// Calls `f` and notes every op that runs in it on this thread, tracked or not, comparisons and
/// searches included. Work on arrays that is no op, such as drawing random numbers, is not noted: its
/// results are inputs that no op made. Tapes nest: the outer one has the notes of the inner.
pub fn tape<T>(f: impl FnOnce() -> T) -> (T, Tape) {
    let outer = Outer(TAPE.replace(Some(Vec::new())));
    let value = f();
    let notes = TAPE.take().unwrap_or_default();
    drop(outer);
    TAPE.with_borrow_mut(|tape| {
        if let Some(outer) = tape {
            outer.extend_from_slice(&notes);
        }
    });
    (value, Tape { notes })
}

/// Puts the outer tape back, also when `f` panics.
struct Outer(Option<Vec<Note>>);

impl Drop for Outer {
    fn drop(&mut self) {
        TAPE.set(self.0.take());
    }
}

/// Notes the op that is running, if there is a tape.
pub(crate) fn note(
    op: &'static str,
    portable: impl FnOnce() -> Option<Portable>,
    inputs: &[&Tensor],
    output: &Array,
) {
    TAPE.with_borrow_mut(|tape| {
        let Some(notes) = tape else { return };
        let place = place().expect("an op notes itself while it runs");
        let inputs = inputs.iter().map(|tensor| tensor.array().clone()).collect();
        notes.push(Note { op, portable: portable(), inputs, output: output.clone(), place });
    });
}

/// A function that has no derivative, while it runs: one kernel, whose result is a constant. It leaves a
/// note and no node.
pub(crate) struct Constant {
    op: &'static str,
    _ends: Ends,
}

impl Constant {
    /// Says that it runs.
    #[track_caller]
    pub fn begin(op: &'static str) -> Constant {
        Constant { op, _ends: run_op(op, Location::caller(), false).1 }
    }

    /// Notes what came out.
    pub fn end(self, kernel: Kernel, inputs: &[&Tensor], array: Array) -> Tensor {
        note(self.op, || Some(Portable::Kernel(kernel)), inputs, &array);
        array.into()
    }
}
