//! Kernels that bring their own shaders.

use super::{Operand, Refusal, elementwise};
use kiln_tensor::gpu::{Pass, Plan, Slot};
use kiln_tensor::{DType, FusedKernel, Layout, Meta};

/// A fused kernel's plan, with copies for tensors that don't lie in order from their buffer's start.
pub fn plan(kernel: &dyn FusedKernel, ins: &[Operand], outs: &[Operand]) -> Result<Plan, Refusal> {
    let metas = |operands: &[Operand]| operands.iter().map(Operand::meta).collect::<Vec<Meta>>();
    let own = kernel.gpu(&metas(ins), &metas(outs));
    let own = own.ok_or_else(|| Refusal::Unsupported("it brings no shader".to_string()))?;
    let mut plan = Plan { scratch: own.scratch, passes: vec![] };
    let mut after = vec![];
    let mut moved = vec![];
    for (i, x) in ins.iter().enumerate().filter(|(_, x)| !lies_in_order(x.layout)) {
        let dense = Layout::contiguous(*x.layout.dims());
        let slot = scratch(&mut plan, x);
        plan.passes.extend(copy(x.layout, Slot::In(i), &dense, slot, x.dtype));
        moved.push((Slot::In(i), slot));
    }
    for (i, out) in outs.iter().enumerate().filter(|(_, out)| !lies_in_order(out.layout)) {
        let dense = Layout::contiguous(*out.layout.dims());
        let slot = scratch(&mut plan, out);
        if kernel.in_place() {
            plan.passes.extend(copy(out.layout, Slot::Out(i), &dense, slot, out.dtype));
        }
        after.extend(copy(&dense, slot, out.layout, Slot::Out(i), out.dtype));
        moved.push((Slot::Out(i), slot));
    }
    let place = |slot: Slot| moved.iter().find(|(from, _)| *from == slot).map_or(slot, |(_, to)| *to);
    for pass in own.passes {
        let [reads, writes] =
            [&pass.reads, &pass.writes].map(|slots| slots.iter().copied().map(place).collect());
        plan.passes.push(Pass { reads, writes, ..pass });
    }
    plan.passes.extend(after);
    Ok(plan)
}

fn lies_in_order(layout: &Layout) -> bool {
    layout.is_contiguous() && layout.offset() == 0
}

fn scratch(plan: &mut Plan, operand: &Operand) -> Slot {
    plan.scratch.push(operand.numel());
    Slot::Scratch(plan.scratch.len() - 1)
}

fn copy(x: &Layout, from: Slot, out: &Layout, to: Slot, dtype: DType) -> Option<Pass> {
    let plan = elementwise::copy(Operand { layout: x, dtype }, Operand { layout: out, dtype });
    plan.passes.into_iter().next().map(|pass| Pass { reads: vec![from], writes: vec![to], ..pass })
}
