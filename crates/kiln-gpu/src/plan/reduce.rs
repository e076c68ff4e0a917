//! Sums and extremes along axes, and where the largest element is.

use super::walk::{Axis, Walk, merged};
use super::{LANES, Operand, each};
use kiln_kernels::{ARGMAX, REDUCE_EACH, REDUCE_TOGETHER};
use kiln_tensor::gpu::{Pass, Plan, Slot};
use kiln_tensor::{DType, Layout, Reduce};

/// Elements that a thread joins in order, before the results of others are joined to its own.
const EACH_CHUNK: usize = 512;
/// Elements that a workgroup joins.
const TOGETHER_CHUNK: usize = 1 << 14;
/// Elements for each result from which on a workgroup is worth more than a thread.
const TOGETHER: usize = 64;

/// One reduction: what is kept, what becomes one, and where it is read and written.
struct Reduction {
    offsets: [usize; 4],
    kept: Vec<Axis>,
    reduced: Vec<Axis>,
    from: Slot,
}

pub fn plan(f: Reduce, x: Operand, out: Operand) -> Plan {
    let op = match f {
        Reduce::Sum => "SUM",
        Reduce::Max => "MAX",
        Reduce::Min => "MIN",
    };
    let walk = Walk::apart(&[x.layout, out.layout]);
    // The walk's views are the output and the input.
    let turned = |axis: &Axis| Axis { steps: [axis.steps[1], axis.steps[0], 0, 0], ..*axis };
    let dims = x.layout.dims().iter().zip(&**out.layout.dims());
    let is_reduced: Vec<bool> = dims.map(|(from, to)| from != to).collect();
    let pick = |reduced: bool| {
        let axes = walk.axes.iter().zip(&is_reduced).filter(move |(_, r)| **r == reduced);
        merged(axes.map(|(axis, _)| turned(axis)).collect())
    };
    let offsets = [walk.offsets[1], walk.offsets[0], 0, 0];
    let mut plan = Plan::default();
    Reduction { offsets, kept: pick(false), reduced: pick(true), from: Slot::In(0) }.run(op, &mut plan);
    plan
}

/// Adds the results of some parts, which lie in order one after the other in `from`.
pub fn sum_of_parts(parts: usize, from: Slot, out: Operand, plan: &mut Plan) {
    let dense = Layout::contiguous(*out.layout.dims());
    let walk = Walk::new(&[out.layout, &dense]);
    let reduced = vec![Axis { length: parts, steps: [0, out.numel() as isize, 0, 0] }];
    Reduction { offsets: walk.offsets, kept: walk.axes, reduced, from }.run("SUM", plan);
}

impl Reduction {
    /// Plans as many passes as it takes.
    fn run(self, op: &'static str, plan: &mut Plan) {
        let mut next = Some(self);
        while let Some(reduction) = next {
            next = reduction.pass(op, plan);
        }
    }

    /// Plans a pass; gives the reduction of its results if it leaves more than one for each output.
    fn pass(self, op: &'static str, plan: &mut Plan) -> Option<Reduction> {
        let outputs: usize = numel(&self.kept);
        let count = numel(&self.reduced);
        // Neighbouring threads read neighbours if the innermost kept axis is one in memory.
        let columns = self.kept.last().is_some_and(|axis| axis.steps[1].abs() == 1) && outputs >= TOGETHER;
        let together = count >= TOGETHER && !columns;
        let chunk = if together { TOGETHER_CHUNK } else { EACH_CHUNK };
        let chunks = count.div_ceil(chunk).max(1);
        let (mut kept, mut offsets, mut to) = (self.kept.clone(), self.offsets, Slot::Out(0));
        if chunks > 1 {
            plan.scratch.push(outputs * chunks);
            to = Slot::Scratch(plan.scratch.len() - 1);
            offsets[0] = 0;
            let mut step = 1;
            for axis in kept.iter_mut().rev() {
                axis.steps[0] = step;
                step *= axis.length as isize;
            }
        }
        let axes: Vec<Axis> = kept.iter().chain(&self.reduced).copied().collect();
        let walk = Walk { views: 2, offsets, axes };
        let own = [kept.len(), outputs, count, chunk, chunks, outputs].map(|n| n as u32);
        let jobs = outputs * chunks;
        plan.passes.push(Pass {
            source: if together { &REDUCE_TOGETHER } else { &REDUCE_EACH },
            constants: vec![("OP", op)],
            words: [walk.words(), own.to_vec()].concat(),
            reads: vec![self.from],
            writes: vec![to],
            workgroups: if together { jobs } else { jobs.div_ceil(LANES) } as u64,
        });
        let read = |(from, axis): (&Axis, Axis)| Axis { steps: [axis.steps[0], from.steps[0], 0, 0], ..axis };
        (chunks > 1).then(|| Reduction {
            offsets: [self.offsets[0], 0, 0, 0],
            kept: kept.iter().zip(self.kept).map(read).collect(),
            reduced: vec![Axis { length: chunks, steps: [0, outputs as isize, 0, 0] }],
            from: to,
        })
    }
}

fn numel(axes: &[Axis]) -> usize {
    axes.iter().map(|axis| axis.length).product()
}

pub fn argmax(axis: usize, x: Operand, out: Operand) -> Plan {
    let first = x.layout.slice(axis, 0, 1, 1);
    let own = [x.layout.dims()[axis] as u32, x.layout.strides()[axis] as u32];
    let elements = if x.dtype == DType::U32 { "U32" } else { "F32" };
    let pass = each(&ARGMAX, &Walk::new(&[out.layout, &first]), &own);
    Plan::of(Pass { constants: vec![("TYPE", elements)], ..pass })
}
