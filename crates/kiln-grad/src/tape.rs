//! The ops that ran, in order and in terms that other programs know.

use crate::mode::{Ends, OpSite, op_site, run_op};
use crate::portable::Portable;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Kernel};
use std::cell::RefCell;
use std::panic::Location;

thread_local! {
    static TAPE: RefCell<Option<Vec<Note>>> = const { RefCell::new(None) };
}

/// An op that ran.
#[derive(Clone, Debug)]
pub struct Note {
    /// The op's name.
    pub op: &'static str,
    /// Its meaning; `None` for an op without [one](crate::Op::describe).
    pub portable: Option<Portable>,
    /// Its inputs.
    pub inputs: Vec<Array>,
    /// Its result.
    pub output: Array,
    /// Id of the node that records it; `None` if it isn't recorded.
    pub node: Option<u64>,
    /// Op, scope and line it belongs to; in a backward rule those of the op whose rule it is.
    pub site: OpSite,
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

/// Whether ops are noted, so that they should be of kinds that other programs know.
pub(crate) fn is_taped() -> bool {
    TAPE.with_borrow(Option::is_some)
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
        let site = op_site().expect("an op notes itself while it runs");
        let inputs = inputs.iter().map(|tensor| tensor.array().clone()).collect();
        notes.push(Note { op, portable: portable(), inputs, output: output.clone(), node: None, site });
    });
}

/// Says which node records the op that was noted last.
pub(crate) fn note_node(id: u64) {
    TAPE.with_borrow_mut(|tape| {
        if let Some(note) = tape.as_mut().and_then(|notes| notes.last_mut()) {
            note.node = Some(id);
        }
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
