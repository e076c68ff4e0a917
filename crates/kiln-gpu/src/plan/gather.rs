//! Reading and adding at places that an index tells.

use super::strided::StridedViews;
use super::{Operand, elements, pass};
use kiln_kernels::{GATHER, SCATTER_ADD, SCATTER_RANGES};
use kiln_tensor::gpu::{Binding, Pass, Plan, WORKGROUP};

/// Values along the axis that are passed over together: `CHUNK` of `kernels/scatter_add.wgsl` and
/// `kernels/scatter_ranges.wgsl`.
const CHUNK: usize = 64;

pub fn gather(axis: usize, [x, index]: [Operand; 2], out: Operand) -> Plan {
    let (length, stride) = (x.layout.dims()[axis], x.layout.strides()[axis]);
    let mut views = StridedViews::unmerged(&[out.layout, index.layout, x.layout]);
    views.axes[axis].strides[2] = 0;
    let pass = elements(&GATHER, &views.merged(), &[length as u32, stride as u32]);
    Plan::of(Pass { writes: vec![Binding::Out(0), Binding::Fault], ..pass })
}

pub fn scatter_add(axis: usize, [v, index]: [Operand; 2], out: Operand) -> Plan {
    let count = v.layout.dims()[axis];
    let [index_stride, value_stride] = [index, v].map(|t| t.layout.strides()[axis] as u32);
    let mut views = StridedViews::unmerged(&[out.layout, index.layout, v.layout]);
    let length = views.axes[axis].len;
    let inner: usize = out.layout.dims()[axis + 1..].iter().product();
    // In the last view an element's offset is its index along the axis.
    views.axes[axis].strides[1..].copy_from_slice(&[0, 0, 1]);
    let ranges = Binding::Scratch(0);
    let own = [count as u32, index_stride, value_stride, inner as u32, (length * inner) as u32];
    let add = elements(&SCATTER_ADD, &views.merged(), &own);
    let add = Pass { reads: vec![Binding::In(0), Binding::In(1), ranges], ..add };

    let mut lines = StridedViews::unmerged(&[index.layout]);
    lines.axes.remove(axis);
    let lines = lines.merged();
    let chunks = lines.count() * count.div_ceil(CHUNK);
    let words = [lines.words(), vec![count as u32, index_stride, length as u32]].concat();
    let find = pass(&SCATTER_RANGES, 0, words, chunks.div_ceil(WORKGROUP));
    let find = Pass { reads: vec![Binding::In(1)], writes: vec![ranges, Binding::Fault], ..find };
    Plan { scratch: vec![2 * chunks], passes: vec![find, add] }
}
