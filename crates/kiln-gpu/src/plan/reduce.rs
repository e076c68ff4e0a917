//! Sums and extremes along axes, and where the largest element is.

use super::strided::{StridedViews, ViewAxis, count};
use super::{Operand, elements};
use kiln_kernels::{ARGMAX, REDUCE};
use kiln_tensor::axes::merged;
use kiln_tensor::gpu::{Binding, Pass, Plan, WORKGROUP};
use kiln_tensor::{DType, Layout, Reduce};

/// Elements that a thread reduces in order, before the results of others are joined to its own.
const THREAD_CHUNK: usize = 512;
/// Elements that a workgroup reduces.
const WORKGROUP_CHUNK: usize = 1 << 14;
/// Elements of each result from which on a workgroup is worth more than a thread.
const LONG: usize = 64;

/// One reduction: what is kept, what becomes one, and where it is read. The views are the output and the input.
struct AxesReduction {
    offsets: [usize; 4],
    kept: Vec<ViewAxis>,
    reduced: Vec<ViewAxis>,
    from: Binding,
}

pub fn plan(f: Reduce, [x]: [Operand; 1], out: Operand) -> Plan {
    let op = match f {
        Reduce::Sum => "SUM",
        Reduce::Max => "MAX",
        Reduce::Min => "MIN",
    };
    let input = StridedViews::unmerged(&[x.layout, out.layout]);
    let output_first =
        |axis: &ViewAxis| ViewAxis { strides: [axis.strides[1], axis.strides[0], 0, 0], ..*axis };
    let dims = x.layout.dims().iter().zip(&**out.layout.dims());
    let is_reduced: Vec<bool> = dims.map(|(from, to)| from != to).collect();
    let pick = |reduced: bool| {
        let axes = input.axes.iter().zip(&is_reduced).filter(move |(_, r)| **r == reduced);
        merged(axes.map(|(axis, _)| output_first(axis)))
    };
    let offsets = [out.layout.offset(), x.layout.offset(), 0, 0];
    let mut plan = Plan::default();
    AxesReduction { offsets, kept: pick(false), reduced: pick(true), from: Binding::In(0) }
        .run(op, &mut plan);
    plan
}

/// Adds the results of some parts, which lie in order one after the other in `from`.
pub fn sum_of_parts(parts: usize, from: Binding, out: Operand, plan: &mut Plan) {
    let dense = Layout::contiguous(*out.layout.dims());
    let views = StridedViews::new(&[out.layout, &dense]);
    let reduced = vec![ViewAxis { len: parts, strides: [0, out.numel() as isize, 0, 0] }];
    AxesReduction { offsets: views.offsets, kept: views.axes, reduced, from }.run("SUM", plan);
}

impl AxesReduction {
    /// Plans as many passes as it takes.
    fn run(self, op: &'static str, plan: &mut Plan) {
        let mut next = Some(self);
        while let Some(reduction) = next {
            next = reduction.pass(op, plan);
        }
    }

    /// Plans a pass; gives the reduction of its results if it leaves more than one for each output.
    fn pass(self, op: &'static str, plan: &mut Plan) -> Option<AxesReduction> {
        let (outputs, numbers) = (count(&self.kept), count(&self.reduced));
        // Neighbouring threads read neighbours if the innermost kept axis is one in memory.
        let columns = self.kept.last().is_some_and(|axis| axis.strides[1].abs() == 1) && outputs >= LONG;
        let by_workgroup = numbers >= LONG && !columns;
        let (chunk, threads, group) =
            if by_workgroup { (WORKGROUP_CHUNK, WORKGROUP, "256u") } else { (THREAD_CHUNK, 1, "1u") };
        let chunks = numbers.div_ceil(chunk).max(1);
        let (mut kept, mut offsets, mut to) = (self.kept.clone(), self.offsets, Binding::Out(0));
        if chunks > 1 {
            plan.scratch.push(outputs * chunks);
            to = Binding::Scratch(plan.scratch.len() - 1);
            offsets[0] = 0;
            let mut stride = 1;
            for axis in kept.iter_mut().rev() {
                axis.strides[0] = stride;
                stride *= axis.len as isize;
            }
        }
        let axes: Vec<ViewAxis> = kept.iter().chain(&self.reduced).copied().collect();
        let views = StridedViews { views: 2, offsets, axes };
        let own = [kept.len(), outputs, numbers, chunk, chunks, outputs].map(|n| n as u32);
        let words = [views.words(), own.to_vec()].concat();
        let workgroups = (outputs * chunks * threads).div_ceil(WORKGROUP);
        let pass = Pass::new(&REDUCE, words, &[self.from], &[to], workgroups);
        plan.passes.push(pass.variant([("OP", op), ("GROUP", group)]));
        let read = |(from, axis): (&ViewAxis, ViewAxis)| ViewAxis {
            strides: [axis.strides[0], from.strides[0], 0, 0],
            ..axis
        };
        (chunks > 1).then(|| AxesReduction {
            offsets: [self.offsets[0], 0, 0, 0],
            kept: kept.iter().zip(self.kept).map(read).collect(),
            reduced: vec![ViewAxis { len: chunks, strides: [0, outputs as isize, 0, 0] }],
            from: to,
        })
    }
}

pub fn argmax(axis: usize, [x]: [Operand; 1], out: Operand) -> Plan {
    let first = x.layout.slice(axis, 0, 1, 1);
    let own = [x.layout.dims()[axis] as u32, x.layout.strides()[axis] as u32];
    let of_type = if x.dtype == DType::U32 { "U32" } else { "F32" };
    let pass = elements(&ARGMAX, &StridedViews::new(&[out.layout, &first]), &own);
    Plan::of(pass.variant([("TYPE", of_type)]))
}
