//! Binary cross-entropy on the CPU.

use super::super::channels::sum_rows;
use super::super::run_tasks;
use crate::backend::{View, ViewMut};
use crate::cpu::{Elementary, Isa, Scratch, compiled};
use crate::dtype::Element;
use crate::error::Result;

/// Elements one task handles: few, for functions as long as these.
const TASK: usize = 1 << 12;

pub fn forward<T: Elementary>(ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let (x, t, isa) = (ins[0].slice::<T>()?, ins[1].slice::<T>()?, Isa::chosen()?);
    let mut sums = vec![0.0; x.len().div_ceil(TASK)];
    let tasks = sums.iter_mut().zip(x.chunks(TASK).zip(t.chunks(TASK))).collect();
    run_tasks(tasks, x.len(), |(total, (x, t))| {
        let [sum] = compiled(
            isa,
            #[inline(always)]
            move || summed(x, t),
        );
        *total = Element::to_f64(sum);
    });
    outs[0].slice_mut::<T>()?[0] = T::from_f64(sums.iter().sum());
    Ok(())
}

/// `softplus(x) − x·t`, without that difference: where a confident logit is right it would cancel to nothing.
#[inline(always)]
fn loss_of<T: Elementary>(x: T, t: T) -> T {
    let size = x.abs();
    // The part of the target that speaks against the logit's sign.
    let against = if x < T::zero() { t } else { T::one() - t };
    let distance = size * against;
    // An infinite logit that is right has no loss.
    (if against == T::zero() { against } else { distance }) + T::softplus(-size)
}

/// `sigmoid(x) − t`, likewise.
#[inline(always)]
fn slope_of<T: Elementary>(x: T, t: T) -> T {
    let s = T::sigmoid(-x.abs());
    if x < T::zero() { s - t } else { (T::one() - t) - s }
}

/// The losses of a task's elements are written to the first cache before they are added: the compiler makes vectors of
/// a function that long only if nothing else is in its loop.
#[inline(always)]
fn summed<T: Elementary>(x: &[T], t: &[T]) -> [T; 1] {
    let mut losses = Scratch::<T>::new(x.len());
    for (loss, (&x, &t)) in losses.iter_mut().zip(x.iter().zip(t)) {
        *loss = loss_of(x, t);
    }
    sum_rows(
        std::iter::once([&losses[..]]),
        #[inline(always)]
        |[loss]| [loss],
    )
}

pub fn backward<T: Elementary>(ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let [v, x, t] = [0, 1, 2].map(|i| ins[i].slice::<T>());
    let (v, x, t, isa) = (v?[0], x?, t?, Isa::chosen()?);
    let inputs = x.chunks(TASK).zip(t.chunks(TASK));
    let tasks = outs[0].slice_mut::<T>()?.chunks_mut(TASK).zip(inputs).collect();
    run_tasks(tasks, x.len(), |(dx, (x, t))| {
        compiled(
            isa,
            #[inline(always)]
            move || {
                for (dx, (&x, &t)) in dx.iter_mut().zip(x.iter().zip(t)) {
                    *dx = v * slope_of(x, t);
                }
            },
        );
    });
    Ok(())
}
