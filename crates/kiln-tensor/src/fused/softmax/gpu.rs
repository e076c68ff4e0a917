//! Softmax and its derivative on the GPU: a workgroup for each row.

use crate::Meta;
use crate::gpu::{Binding, Pass, Plan, flag};
use kiln_kernels::{SOFTMAX, SOFTMAX_BACKWARD};

pub fn forward(log: bool, x: &Meta) -> Plan {
    let (words, rows) = rows_of(x);
    let pass = Pass::new(&SOFTMAX, words, &[Binding::In(0)], &[Binding::Out(0)], rows);
    Plan::of(pass.variant([flag("LOG", log)]))
}

pub fn backward(log: bool, y: &Meta) -> Plan {
    let (words, rows) = rows_of(y);
    let pass = Pass::new(&SOFTMAX_BACKWARD, words, &[0, 1].map(Binding::In), &[Binding::Out(0)], rows);
    Plan::of(pass.variant([flag("LOG", log)]))
}

/// The shaders' words, and the number of rows.
fn rows_of(x: &Meta) -> (Vec<u32>, usize) {
    let length = *x.dims.last().expect("the check wants an axis");
    let rows = x.dims.numel().checked_div(length).unwrap_or(0);
    (vec![rows as u32, length as u32], rows)
}
