//! Running a network twice, with two batch sizes, to see what it does.

use crate::dim::BATCHES;
use crate::{Elements, NetworkInput, OnnxError, Signature};
use kiln_grad::graph::{Note, Tape, tape};
use kiln_grad::{Dims, Tensor, no_grad};
use kiln_tensor::random::Key;
use kiln_tensor::{Array, KernelCall, Layout, Watcher, watch};
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

/// Identity of an array: two arrays of one run are the same if these are equal.
pub(crate) type ArrayId = (u64, Layout);

pub(crate) fn identity(array: &Array) -> ArrayId {
    (array.storage().id(), *array.layout())
}

/// Record of one run.
pub(crate) struct TracedRun {
    pub inputs: Vec<Array>,
    pub notes: Vec<Note>,
    pub output: Array,
    pub derived: Derived,
}

impl TracedRun {
    /// For each op, whether the output was computed from its result.
    pub fn needed(&self) -> Vec<bool> {
        let mut wanted = HashSet::from([identity(&self.output)]);
        let mut needed = vec![false; self.notes.len()];
        for (note, needed) in self.notes.iter().zip(&mut needed).rev() {
            if wanted.contains(&identity(&note.output)) {
                *needed = true;
                wanted.extend(note.operands().map(identity));
            }
        }
        needed
    }
}

/// The storages with numbers that were computed from the inputs, in whatever way.
#[derive(Default)]
pub(crate) struct Derived(RefCell<HashSet<u64>>);

impl Derived {
    /// Whether the array's numbers were.
    pub fn contains(&self, array: &Array) -> bool {
        self.0.borrow().contains(&array.storage().id())
    }
}

impl Watcher for Derived {
    fn after(&self, call: &KernelCall) {
        let mut derived = self.0.borrow_mut();
        if call.ins.iter().any(|view| derived.contains(&view.storage.id())) {
            derived.extend(call.outs.iter().map(|view| view.storage.id()));
        }
    }
}

/// The runs with the two batch sizes, whose notes are of the same ops one by one.
pub(crate) fn trace(
    signature: &Signature,
    mut f: impl FnMut(&[Tensor]) -> Tensor,
) -> Result<[TracedRun; 2], OnnxError> {
    let runs = BATCHES.map(|batch| run(signature, batch, &mut f));
    signature.device.status()?;
    let [a, b] = &runs;
    let differs = |(a, b): &(&Note, &Note)| a.op != b.op || a.site.location != b.site.location;
    let common = a.notes.iter().zip(&b.notes);
    let first = common.clone().find(differs).map(|(a, _)| a);
    let rest = || {
        let longer = if a.notes.len() > b.notes.len() { &a.notes } else { &b.notes };
        longer.get(common.len())
    };
    if let Some(note) = first.or_else(rest) {
        let [m, n] = BATCHES;
        let reason = format!("the network runs other ops for {m} samples than for {n}");
        return Err(OnnxError::Batch { op: note.op, location: note.site.location, reason });
    }
    Ok(runs)
}

fn run(signature: &Signature, batch: usize, f: &mut impl FnMut(&[Tensor]) -> Tensor) -> TracedRun {
    // Other numbers in each run and sample, so that a constant that was computed from them on the host shows.
    let key = Key::new(0).step(batch as u32);
    let sample = |input: &NetworkInput| {
        let dims: Dims = std::iter::once(batch).chain(input.dims.iter().copied()).collect();
        match input.elements {
            Elements::F32 | Elements::F64 => {
                Tensor::normal(key.purpose(input.name), dims, input.dtype(), signature.device)
            }
            Elements::Numbers { count } => {
                let numbers: Vec<u32> =
                    (0..dims.numel() as u32).map(|i| (i + batch as u32) % count.max(1)).collect();
                Tensor::from_slice(&numbers, dims, signature.device)
            }
        }
    };
    let tensors: Vec<Tensor> = signature.inputs.iter().map(sample).collect();
    let derived = Rc::new(Derived::default());
    derived.0.borrow_mut().extend(tensors.iter().map(|x| x.array().storage().id()));
    let watching = watch(derived.clone());
    let (output, Tape { notes, .. }) = tape(|| no_grad(|| f(&tensors)));
    drop(watching);
    let derived = Rc::into_inner(derived).unwrap_or_default();
    let inputs = tensors.into_iter().map(Tensor::into_array).collect();
    TracedRun { inputs, notes, output: output.into_array(), derived }
}
