//! Biases on the CPU.

use super::super::channels::sum_rows;
use super::super::{TASK, run_tasks};
use super::dims_of;
use crate::activation::Pointwise;
use crate::backend::{View, ViewMut};
use crate::cpu::{Isa, compiled};
use crate::dtype::Float;
use crate::error::Result;

/// What is cheap pays for threads only if there is much of it.
fn worth(elements: usize) -> usize {
    elements / 8
}

/// How much one task is given: whole samples if channels are single numbers, else whole channels of a sample.
fn piece([_, b, c]: [usize; 3]) -> usize {
    let whole = if c == 1 { b } else { c };
    (TASK / whole).max(1) * whole
}

pub fn forward<T: Float>(f: impl Pointwise<T>, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let dims @ [_, b, c] = dims_of(&[ins[0].meta()]);
    let (x, bias, y) = (ins[0].slice::<T>()?, ins[1].slice::<T>()?, outs[0].slice_mut::<T>()?);
    if x.is_empty() {
        return Ok(());
    }
    let (isa, size) = (Isa::chosen()?, piece(dims));
    let tasks = y.chunks_mut(size).zip(x.chunks(size)).enumerate().collect();
    run_tasks(tasks, worth(x.len()), |(task, (y, x))| {
        compiled(
            isa,
            #[inline(always)]
            move || {
                if c == 1 {
                    for (y, x) in y.chunks_exact_mut(b).zip(x.chunks_exact(b)) {
                        for ((y, x), bias) in y.iter_mut().zip(x).zip(bias) {
                            *y = f.value(*x + *bias);
                        }
                    }
                } else {
                    let channels = bias.iter().cycle().skip(task * size / c % b);
                    for ((y, x), &bias) in y.chunks_exact_mut(c).zip(x.chunks_exact(c)).zip(channels) {
                        for (y, x) in y.iter_mut().zip(x) {
                            *y = f.value(*x + bias);
                        }
                    }
                }
            },
        );
    });
    Ok(())
}

pub fn backward<T: Float>(f: impl Pointwise<T>, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let dims @ [a, b, c] = dims_of(&[ins[0].meta()]);
    let (v, y) = (ins[0].slice::<T>()?, ins[1].slice::<T>()?);
    let [u, dbias] = outs else { unreachable!("the check wants two outputs") };
    let (u, dbias) = (u.slice_mut::<T>()?, dbias.slice_mut::<T>()?);
    dbias.fill(T::zero());
    if v.is_empty() {
        return Ok(());
    }
    let (isa, size) = (Isa::chosen()?, piece(dims));
    // Each task has sums of its own: of each channel if these are single numbers, else of each row.
    let counts = if c == 1 { b } else { size / c };
    let mut sums = vec![T::zero(); if c == 1 { v.len().div_ceil(size) * b } else { a * b }];
    let inputs = v.chunks(size).zip(y.chunks(size));
    let tasks = u.chunks_mut(size).zip(inputs).zip(sums.chunks_mut(counts)).collect();
    run_tasks(tasks, worth(v.len()), |((u, (v, y)), sums)| {
        compiled(
            isa,
            #[inline(always)]
            move || {
                if c == 1 {
                    let rows = v.chunks_exact(b).zip(y.chunks_exact(b));
                    for (u, (v, y)) in u.chunks_exact_mut(b).zip(rows) {
                        for (((u, v), y), sum) in u.iter_mut().zip(v).zip(y).zip(sums.iter_mut()) {
                            *u = f.gradient(*v, *y);
                            *sum += *u;
                        }
                    }
                } else {
                    let rows = v.chunks_exact(c).zip(y.chunks_exact(c));
                    for ((u, (v, y)), sum) in u.chunks_exact_mut(c).zip(rows).zip(sums) {
                        for (u, (v, y)) in u.iter_mut().zip(v.iter().zip(y)) {
                            *u = f.gradient(*v, *y);
                        }
                        let row = std::iter::once([&*u]);
                        [*sum] = sum_rows(
                            row,
                            #[inline(always)]
                            |[u]| [u],
                        );
                    }
                }
            },
        );
    });
    // In both cases a sum of channel `i` is at each place that is `i` beyond a multiple of `b`.
    for sums in sums.chunks_exact(b) {
        dbias.iter_mut().zip(sums).for_each(|(total, sum)| *total += *sum);
    }
    Ok(())
}
