//! Softmax along the last axis.

use super::dense::{self, Dense};
use super::reduce;
use crate::backend::{View, ViewMut};
use crate::dtype::Float;
use crate::error::Result;
use rayon::prelude::*;

/// Elements one task handles.
const TASK: usize = 1 << 12;

pub fn run<T: Float>(log: bool, x: &View, out: &mut ViewMut) -> Result<()> {
    let x = Dense::new::<T>(x)?;
    let len = *x.layout().dims().last().expect("the kernel's check wants an axis");
    dense::write(out, |out: &mut [T]| {
        let part = len * (TASK / len).max(1);
        out.par_chunks_mut(part).zip(x.elements::<T>().par_chunks(part)).for_each(|(out, x)| {
            out.chunks_mut(len).zip(x.chunks(len)).for_each(|(out, x)| row(log, x, out));
        });
        Ok(())
    })
}

fn row<T: Float>(log: bool, x: &[T], out: &mut [T]) {
    // Subtracting the largest changes nothing but that no exponential overflows.
    let largest = reduce::max(x);
    out.iter_mut().zip(x).for_each(|(out, x)| *out = (*x - largest).exp());
    let sum = reduce::sum(out);
    if log {
        let ln_sum = sum.ln();
        out.iter_mut().zip(x).for_each(|(out, x)| *out = (*x - largest) - ln_sum);
    } else {
        out.iter_mut().for_each(|out| *out /= sum);
    }
}
