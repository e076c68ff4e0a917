//! Softmax along the last axis.

use super::walk::{Walk, merged};
use super::{Operand, pass};
use kiln_kernels::SOFTMAX;
use kiln_tensor::gpu::{Pass, Plan};

pub fn plan(log: bool, x: Operand, out: Operand) -> Plan {
    let mut walk = Walk::apart(&[out.layout, x.layout]);
    let row = walk.axes.pop().expect("the kernel's check wants an axis");
    walk.axes = merged(walk.axes);
    let own = [row.length as u32, row.steps[0] as u32, row.steps[1] as u32];
    let words = [walk.words(), own.to_vec()].concat();
    let constants = vec![("LOG", if log { "true" } else { "false" })];
    Plan::of(Pass { constants, ..pass(&SOFTMAX, 1, words, walk.count()) })
}
