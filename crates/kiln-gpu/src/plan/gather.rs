//! Reading and adding at places that an index tells.

use super::walk::{Walk, merged};
use super::{LANES, Operand, each, pass};
use kiln_kernels::{GATHER, SCATTER_ADD, SCATTER_RANGES};
use kiln_tensor::gpu::{Pass, Plan, Slot};

/// Values along the axis that are passed over together: `CHUNK` of `kernels/scatter_chunks.wgsl`.
const CHUNK: usize = 64;

pub fn gather(axis: usize, x: Operand, index: Operand, out: Operand) -> Plan {
    let length = x.layout.dims()[axis];
    let step = x.layout.strides()[axis];
    let mut walk = Walk::apart(&[out.layout, index.layout, x.layout]);
    walk.axes[axis].steps[2] = 0;
    walk.axes = merged(walk.axes);
    let pass = each(&GATHER, &walk, &[length as u32, step as u32]);
    Plan::of(Pass { writes: vec![Slot::Out(0), Slot::Fault], ..pass })
}

pub fn scatter_add(axis: usize, v: Operand, index: Operand, out: Operand) -> Plan {
    let count = v.layout.dims()[axis];
    let [index_step, value_step] = [index, v].map(|t| t.layout.strides()[axis] as u32);
    let mut walk = Walk::apart(&[out.layout, index.layout, v.layout]);
    let length = walk.axes[axis].length;
    let inner: usize = out.layout.dims()[axis + 1..].iter().product();
    // The last view's position is the place along the axis.
    walk.axes[axis].steps[1..].copy_from_slice(&[0, 0, 1]);
    walk.axes = merged(walk.axes);
    let ranges = Slot::Scratch(0);
    let own = [count as u32, index_step, value_step, inner as u32, (length * inner) as u32];
    let add = each(&SCATTER_ADD, &walk, &own);
    let add = Pass { reads: vec![Slot::In(0), Slot::In(1), ranges], ..add };

    let mut lines = Walk::apart(&[index.layout]);
    lines.axes.remove(axis);
    lines.axes = merged(lines.axes);
    let chunks = lines.count() * count.div_ceil(CHUNK);
    let words = [lines.words(), vec![count as u32, index_step, length as u32]].concat();
    let find = pass(&SCATTER_RANGES, 0, words, chunks.div_ceil(LANES));
    let find = Pass { reads: vec![Slot::In(1)], writes: vec![ranges, Slot::Fault], ..find };
    Plan { scratch: vec![2 * chunks], passes: vec![find, add] }
}
