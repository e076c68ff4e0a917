//! Softmax on the GPU: a workgroup for each row.

use crate::Meta;
use crate::gpu::{Binding, Pass, Plan, flag};
use kiln_kernels::SOFTMAX;

pub fn plan(log: bool, x: &Meta) -> Plan {
    let length = *x.dims.last().expect("the check wants an axis");
    let rows = x.dims.numel().checked_div(length).unwrap_or(0);
    let words = vec![rows as u32, length as u32];
    let pass = Pass::new(&SOFTMAX, words, &[Binding::In(0)], &[Binding::Out(0)], rows);
    Plan::of(pass.variant([flag("LOG", log)]))
}
