//! Softmax on the CPU.

use crate::backend::{View, ViewMut};
use crate::cpu::{Elementary, Isa, Scratch, compiled, fold};
use crate::error::Result;
use fold::{Max, Sum};
use rayon::prelude::*;

/// Elements one task handles.
const TASK: usize = 1 << 15;
/// Elements of rows that are computed together: few enough to stay in the first cache.
const BLOCK: usize = 1 << 11;

pub fn run<T: Elementary>(log: bool, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let (x, out, isa) = (ins[0].slice::<T>()?, outs[0].slice_mut::<T>()?, Isa::chosen()?);
    if x.is_empty() {
        return Ok(());
    }
    let len = *ins[0].layout.dims().last().expect("the check wants an axis");
    let [part, block] = [TASK, BLOCK].map(|size| len * (size / len).max(1));
    let run = |(out, x): (&mut [T], &[T])| {
        compiled(
            isa,
            #[inline(always)]
            || out.chunks_mut(block).zip(x.chunks(block)).for_each(|(out, x)| rows(log, len, x, out)),
        );
    };
    match out.len() <= 2 * TASK {
        true => out.chunks_mut(part).zip(x.chunks(part)).for_each(run),
        false => out.par_chunks_mut(part).zip(x.par_chunks(part)).for_each(run),
    }
    Ok(())
}

/// Computes some rows. Exponentials are taken of all of them at once, since a row may be shorter than a vector.
#[inline(always)]
fn rows<T: Elementary>(log: bool, len: usize, x: &[T], out: &mut [T]) {
    for (out, x) in out.chunks_exact_mut(len).zip(x.chunks_exact(len)) {
        // Subtracting the largest changes nothing but that no exponential overflows.
        let largest = fold::slice::<Max, T>(x);
        for (out, x) in out.iter_mut().zip(x) {
            *out = *x - largest;
        }
    }
    let mut powers = Scratch::<T>::new(out.len());
    // Not `for_each`: the closure of a long function would stay a call, compiled for no set.
    for (power, x) in powers.iter_mut().zip(&*out) {
        *power = Elementary::exp(*x);
    }
    for (out, powers) in out.chunks_exact_mut(len).zip(powers.chunks_exact_mut(len)) {
        if log {
            // Without the 1 of the largest: what others add to it may be too small for a sum, and is all that the largest's
            // own logarithm consists of.
            if let Some(largest) = out.iter().position(|x| *x == T::zero()) {
                powers[largest] = T::zero();
            }
            let ln_sum = Elementary::ln_1p(fold::slice::<Sum, T>(powers));
            out.iter_mut().for_each(|out| *out -= ln_sum);
        } else {
            let sum = fold::slice::<Sum, T>(powers);
            out.iter_mut().zip(powers).for_each(|(out, power)| *out = *power / sum);
        }
    }
}
