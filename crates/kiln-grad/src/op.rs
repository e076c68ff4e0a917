//! The trait of ops, and how one is run and recorded.

use crate::mode::{self, Running};
use crate::node::{Edge, Node, OpRecord};
use crate::picks::Picks;
use crate::portable::Portable;
use crate::tape::{note, note_node};
use crate::tensor::{Tensor, Track};
use kiln_tensor::{Array, DType, Device, Dims, Meta, Result, ShapeError, join_attempt};
use smallvec::{SmallVec, smallvec};
use std::fmt::{Debug, Display};
use std::panic::Location;
use std::sync::Arc;

/// A differentiable function of tensors with one result.
///
/// An op's file holds these four and nothing else. The vector-Jacobian product is written in
/// differentiable ops, so derivatives of every order follow from it.
pub trait Op: Debug + Send + Sync + 'static {
    /// Name in traces and messages.
    fn name(&self) -> &'static str;

    /// Dims and element type of the result.
    ///
    /// # Errors
    /// When the inputs don't fit the op: says what they are and what was wanted.
    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError>;

    /// The result; saves what the backward pass needs.
    fn forward(&self, cx: &mut Forward) -> Array;

    /// The vector-Jacobian product: for each input `i` with `need[i]`, the gradient of `⟨v, y⟩`.
    /// `None` says that the gradient is zero. Nothing is to be computed for the other inputs.
    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>>;

    /// For a fused op: the same function in plain ops. If all inputs were saved, a recorded sweep differentiates it,
    /// so that a hand-written rule never cuts off higher orders; else the rule is in plain ops then.
    fn composite(&self, ins: &[Tensor]) -> Option<Tensor> {
        let _ = ins;
        None
    }

    /// For an op whose result consists of elements of its one input: which. A sweep that isn't recorded then adds
    /// cotangents to those elements alone, where [`vjp`](Op::vjp) has zeros for all others.
    fn picks(&self) -> Option<Picks<'_>> {
        None
    }

    /// Meaning of the op for readers of a [tape](crate::graph::tape), such as exporters; `None` if it has no counterpart.
    fn describe(&self) -> Option<Portable> {
        None
    }
}

/// Inputs of an op that runs, and what it saves for its backward rule.
#[derive(Debug)]
pub struct Forward<'a> {
    inputs: &'a [&'a Tensor],
    meta: Meta,
    keep_inputs: SmallVec<[bool; 8]>,
    keep_output: bool,
    saved: Vec<Array>,
}

impl Forward<'_> {
    /// The values of input `i`.
    pub fn input(&self, i: usize) -> &Array {
        self.inputs[i].array()
    }

    /// The values of all inputs.
    pub fn inputs(&self) -> impl Iterator<Item = &Array> {
        self.inputs.iter().map(|tensor| tensor.array())
    }

    /// Dims and element type of the result, as [`Op::shape`] gave them.
    pub fn output_meta(&self) -> Meta {
        self.meta
    }

    /// Keeps input `i` for the backward pass.
    pub fn save_input(&mut self, i: usize) {
        self.keep_inputs[i] = true;
    }

    /// Keeps all inputs for the backward pass.
    pub fn save_inputs(&mut self) {
        self.keep_inputs.fill(true);
    }

    /// Keeps the result for the backward pass.
    pub fn save_output(&mut self) {
        self.keep_output = true;
    }

    /// Keeps something else for the backward pass. It counts as a constant there, so an op whose derivative
    /// depends on it through its inputs needs a [composite](Op::composite).
    pub fn save(&mut self, array: Array) {
        self.saved.push(array);
    }
}

/// Inputs, results and saved arrays of an op, as its backward rule sees them.
#[derive(Debug)]
pub struct Vjp<'a> {
    pub(crate) node: &'a Arc<Node>,
    /// Whether the sweep is itself differentiable.
    pub(crate) recording: bool,
}

impl Vjp<'_> {
    /// Input `i`, differentiable if the sweep is recorded.
    ///
    /// # Panics
    /// When the op didn't save it.
    pub fn input(&self, i: usize) -> Tensor {
        let edge = &self.node.edges[i];
        let Some(array) = &edge.array else {
            panic!("{}: the backward rule asks for input {i}, which forward did not save", self.node.name())
        };
        let track = if self.recording { edge.track.clone() } else { Track::Constant };
        Tensor::new(array.clone(), track)
    }

    /// The result, differentiable if the sweep is recorded.
    ///
    /// # Panics
    /// When the op didn't save it.
    pub fn output(&self) -> Tensor {
        self.node.output_tensor(self.recording).unwrap_or_else(|| {
            panic!("{}: the backward rule asks for the output, which forward did not save", self.node.name())
        })
    }

    /// The `k`-th of the other things the op saved, a constant.
    pub fn saved(&self, k: usize) -> Tensor {
        self.node.saved[k].clone().into()
    }

    /// The dims of input `i`.
    pub fn input_dims(&self, i: usize) -> Dims {
        self.node.edges[i].meta().dims
    }

    /// The element type of input `i`.
    pub fn input_dtype(&self, i: usize) -> DType {
        self.node.edges[i].meta().dtype
    }

    /// The dims of the result.
    pub fn output_dims(&self) -> Dims {
        self.node.meta().dims
    }
}

/// Runs an op, and records it if an input is tracked.
///
/// # Panics
/// When the inputs don't fit the op. On the CPU also when an index is out of range or memory is short, unless the thread is in
/// an [`attempt`](kiln_tensor::attempt), which then fails; a GPU tells where values are read.
#[track_caller]
pub fn apply<const N: usize>(op: impl Op, inputs: [&Tensor; N]) -> Tensor {
    or_panic(try_apply(op, inputs))
}

/// The value, or a panic with the error's text at the caller's line, which a closure would lose.
#[track_caller]
pub(crate) fn or_panic<T>(result: Result<T, impl Display>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// Runs an op, and records it if an input is tracked.
///
/// # Errors
/// Where [`apply`] panics.
#[track_caller]
pub fn try_apply<const N: usize>(op: impl Op, inputs: [&Tensor; N]) -> Result<Tensor> {
    run(op, &inputs, Location::caller()).map(|(tensor, _)| tensor)
}

/// Like [`try_apply`] for any number of inputs; also returns what the op saved besides inputs and output.
pub(crate) fn run(
    op: impl Op,
    inputs: &[&Tensor],
    location: &'static Location<'static>,
) -> Result<(Tensor, Vec<Array>)> {
    // Faults of the op's kernels are caught here, since those don't know the caller's line.
    Ok(join_attempt(|| run_and_record(op, inputs, location))??)
}

fn run_and_record(
    op: impl Op,
    inputs: &[&Tensor],
    location: &'static Location<'static>,
) -> Result<(Tensor, Vec<Array>), ShapeError> {
    let metas: SmallVec<[Meta; 3]> = inputs.iter().map(|t| t.meta()).collect();
    let meta = op.shape(&metas)?;
    meta.dims.checked_numel(op.name())?;
    one_device(op.name(), inputs)?;
    let (Running { location, .. }, _ends) = mode::run_op(op.name(), location, false);
    let keep_inputs = smallvec![false; inputs.len()];
    let mut cx = Forward { inputs, meta, keep_inputs, keep_output: false, saved: Vec::new() };
    let array = op.forward(&mut cx);
    assert!(
        array.meta() == meta,
        "{}: forward made {}, but shape says {meta}: a bug of the op",
        op.name(),
        array.meta()
    );
    let Forward { keep_inputs, keep_output, saved, .. } = cx;
    note(op.name(), || op.describe(), inputs, &array);
    let track = if inputs.iter().any(|t| t.records()) {
        let edges = inputs.iter().zip(keep_inputs).map(|(input, save)| Edge::new(input, save)).collect();
        let output = keep_output.then(|| array.clone());
        let record = OpRecord { edges, meta, output, saved: saved.clone() };
        let node = Node::new(Box::new(op), record, location);
        note_node(node.id());
        Track::Node(node)
    } else {
        let cut = inputs.iter().map(|t| t.track().cut(location)).find(|t| matches!(t, Track::Cut(_)));
        cut.unwrap_or(Track::Constant)
    };
    Ok((Tensor::new(array, track), saved))
}

fn one_device(op: &'static str, inputs: &[&Tensor]) -> Result<(), ShapeError> {
    if inputs.windows(2).any(|pair| pair[0].device() != pair[1].device()) {
        let devices: Vec<&Device> = inputs.iter().map(|t| t.device()).collect();
        return Err(ShapeError::new(
            op,
            format!("the inputs are on different devices {devices:?}; compute on one"),
        ));
    }
    Ok(())
}

/// Stops unless all tensors hold floats of one type: for functions made of other ops, so that their name is in the message.
#[track_caller]
pub(crate) fn assert_floats(op: &'static str, tensors: &[&Tensor]) {
    let metas: SmallVec<[Meta; 3]> = tensors.iter().map(|tensor| tensor.meta()).collect();
    or_panic(same_floats(op, &metas));
}

/// Fails unless all inputs are floats of one type; a help for shape rules.
pub(crate) fn same_floats(op: &'static str, ins: &[Meta]) -> Result<DType, ShapeError> {
    let dtype = ins[0].dtype;
    if !dtype.is_float() || ins.iter().any(|m| m.dtype != dtype) {
        let list: Vec<String> = ins.iter().map(Meta::to_string).collect();
        return Err(ShapeError::new(
            op,
            format!("the inputs are {}; wanted f32 or f64, the same for all", list.join(" and ")),
        ));
    }
    Ok(dtype)
}
