//! Softmax and its derivative on the CPU: some rows at a time, which stay in the first cache.

use super::super::channels::sum_rows;
use super::super::rows::in_blocks;
use crate::backend::{View, ViewMut};
use crate::cpu::{Elementary, Scratch, fold};
use crate::error::Result;
use fold::{MaxNumber, Sum};

pub fn forward<T: Elementary>(log: bool, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let len = *ins[0].layout.dims().last().expect("the check wants an axis");
    in_blocks(
        len,
        [ins[0].slice::<T>()?],
        outs[0].slice_mut::<T>()?,
        #[inline(always)]
        |_, [x], out| softmax(log, len, x, out),
    )
}

/// Computes some rows. Exponentials are taken of all of them at once, since a row may be shorter than a vector.
#[inline(always)]
fn softmax<T: Elementary>(log: bool, len: usize, x: &[T], out: &mut [T]) {
    for (out, x) in out.chunks_exact_mut(len).zip(x.chunks_exact(len)) {
        // Subtracting the largest changes nothing but that no exponential overflows. A NaN gets into the sum by itself.
        let largest = fold::slice::<MaxNumber, T>(x);
        for (out, x) in out.iter_mut().zip(x) {
            *out = *x - largest;
        }
    }
    if !log {
        // Not `for_each`: the closure of a long function would stay a call, compiled for no set.
        for out in out.iter_mut() {
            *out = Elementary::exp(*out);
        }
        for out in out.chunks_exact_mut(len) {
            let share = T::one() / fold::slice::<Sum, T>(out);
            out.iter_mut().for_each(|out| *out *= share);
        }
        return;
    }
    let mut powers = Scratch::<T>::new(out.len());
    for (power, x) in powers.iter_mut().zip(&*out) {
        *power = Elementary::exp(*x);
    }
    for (out, powers) in out.chunks_exact_mut(len).zip(powers.chunks_exact_mut(len)) {
        // Without the 1 of the largest: what others add to it may be too small for a sum, and is all that the largest's
        // own logarithm consists of.
        if let Some(largest) = position_of_zero(out) {
            powers[largest] = T::zero();
        }
        let ln_sum = Elementary::ln_1p(fold::slice::<Sum, T>(powers));
        out.iter_mut().for_each(|out| *out -= ln_sum);
    }
}

/// The first number that is 0.
#[inline(always)]
fn position_of_zero<T: Elementary>(x: &[T]) -> Option<usize> {
    // Whether some is among so many is a matter of vectors.
    const MANY: usize = 64;
    let among = x.chunks(MANY).position(|part| part.iter().fold(false, |any, x| any | (*x == T::zero())))?;
    let first = among * MANY;
    x[first..].iter().position(|x| *x == T::zero()).map(|i| first + i)
}

pub fn backward<T: Elementary>(log: bool, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let len = *ins[0].layout.dims().last().expect("the check wants an axis");
    let inputs = [ins[0].slice::<T>()?, ins[1].slice::<T>()?];
    in_blocks(
        len,
        inputs,
        outs[0].slice_mut::<T>()?,
        #[inline(always)]
        |_, [v, y], out| softmax_backward(log, len, [v, y], out),
    )
}

#[inline(always)]
fn softmax_backward<T: Elementary>(log: bool, len: usize, [v, y]: [&[T]; 2], out: &mut [T]) {
    if log {
        for (out, y) in out.iter_mut().zip(y) {
            *out = Elementary::exp(*y);
        }
    }
    let rows = v.chunks_exact(len).zip(y.chunks_exact(len));
    for (out, (v, y)) in out.chunks_exact_mut(len).zip(rows) {
        let [sum] = sum_rows(
            std::iter::once([v, y]),
            #[inline(always)]
            move |[v, y]| [if log { v } else { v * y }],
        );
        if log {
            out.iter_mut().zip(v).for_each(|(out, v)| *out = *v - *out * sum);
        } else {
            out.iter_mut().zip(v.iter().zip(y)).for_each(|(out, (v, y))| *out = *y * (*v - sum));
        }
    }
}
