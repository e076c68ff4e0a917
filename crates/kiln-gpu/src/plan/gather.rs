//! Reading and adding at places that an index tells.

use super::walk::{Walk, merged};
use super::{Operand, each};
use kiln_kernels::{GATHER, SCATTER_ADD};
use kiln_tensor::gpu::{Pass, Plan, Slot};

pub fn gather(axis: usize, x: Operand, index: Operand, out: Operand) -> Plan {
    let length = x.layout.dims()[axis];
    let step = x.layout.strides()[axis];
    let mut walk = Walk::apart(&[out.layout, index.layout, x.layout]);
    walk.axes[axis].steps[2] = 0;
    walk.axes = merged(walk.axes);
    with_fault(each(&GATHER, &walk, &[length as u32, step as u32]))
}

pub fn scatter_add(axis: usize, v: Operand, index: Operand, out: Operand) -> Plan {
    let count = v.layout.dims()[axis] as u32;
    let [index_step, value_step] = [index, v].map(|t| t.layout.strides()[axis] as u32);
    let mut walk = Walk::apart(&[out.layout, index.layout, v.layout]);
    let length = walk.axes[axis].length as u32;
    // The last view's position is the place along the axis.
    walk.axes[axis].steps[1..].copy_from_slice(&[0, 0, 1]);
    walk.axes = merged(walk.axes);
    with_fault(each(&SCATTER_ADD, &walk, &[count, index_step, value_step, length]))
}

fn with_fault(pass: Pass) -> Plan {
    Plan::of(Pass { writes: vec![Slot::Out(0), Slot::Fault], ..pass })
}
