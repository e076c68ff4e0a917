//! Kernels that bring their own shaders.

use super::{Operand, elementwise};
use kiln_tensor::gpu::{Binding, Pass, Plan, PlanError};
use kiln_tensor::{DType, FusedKernel, Layout, Meta};

/// A fused kernel's plan, with copies for tensors that don't lie in order from their buffer's start.
pub fn plan(kernel: &dyn FusedKernel, ins: &[Operand], outs: &[Operand]) -> Result<Plan, PlanError> {
    let metas = |operands: &[Operand]| operands.iter().map(Operand::meta).collect::<Vec<Meta>>();
    let own = kernel.gpu(&metas(ins), &metas(outs))?;
    let mut plan = Plan { scratch: own.scratch, passes: vec![] };
    let mut after = vec![];
    let mut moved = vec![];
    for (i, x) in ins.iter().enumerate().filter(|(_, x)| !lies_in_order(x.layout)) {
        let dense = Layout::contiguous(*x.layout.dims());
        let buffer = scratch(&mut plan, x);
        plan.passes.extend(copy(x.layout, Binding::In(i), &dense, buffer, x.dtype));
        moved.push((Binding::In(i), buffer));
    }
    for (i, out) in outs.iter().enumerate().filter(|(_, out)| !lies_in_order(out.layout)) {
        let dense = Layout::contiguous(*out.layout.dims());
        let buffer = scratch(&mut plan, out);
        if kernel.in_place() {
            plan.passes.extend(copy(out.layout, Binding::Out(i), &dense, buffer, out.dtype));
        }
        after.extend(copy(&dense, buffer, out.layout, Binding::Out(i), out.dtype));
        moved.push((Binding::Out(i), buffer));
    }
    let moved_to = |of: Binding| moved.iter().find(|(from, _)| *from == of).map_or(of, |(_, to)| *to);
    for pass in own.passes {
        let [reads, writes] =
            [&pass.reads, &pass.writes].map(|buffers| buffers.iter().copied().map(moved_to).collect());
        plan.passes.push(Pass { reads, writes, ..pass });
    }
    plan.passes.extend(after);
    Ok(plan)
}

fn lies_in_order(layout: &Layout) -> bool {
    layout.is_contiguous() && layout.offset() == 0
}

fn scratch(plan: &mut Plan, operand: &Operand) -> Binding {
    plan.scratch.push(operand.numel());
    Binding::Scratch(plan.scratch.len() - 1)
}

fn copy(x: &Layout, from: Binding, out: &Layout, to: Binding, dtype: DType) -> Option<Pass> {
    let plan = elementwise::copy([Operand { layout: x, dtype }], Operand { layout: out, dtype });
    plan.passes.into_iter().next().map(|pass| Pass { reads: vec![from], writes: vec![to], ..pass })
}
