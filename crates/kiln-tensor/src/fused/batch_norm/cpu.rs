//! Batch norm on the CPU: tasks of neighbouring channels, each read twice while the cache has it.

use super::super::channels::{Moments, by_pieces, sum_rows};
use super::super::run_tasks;
use super::{BatchNorm, columns, dims_of};
use crate::activation::Pointwise;
use crate::backend::{View, ViewMut};
use crate::cpu::{Isa, compiled};
use crate::dtype::Float;
use crate::error::Result;
use rayon::prelude::*;

/// Weight and bias, which repeat if there are more channels than they have numbers.
pub struct WeightAndBias<'a, T>(Option<(&'a [T], &'a [T])>);

impl<'a, T: Float> WeightAndBias<'a, T> {
    fn of(ins: &[View<'a>]) -> Result<Self> {
        let [weight, bias] = ins else { return Ok(WeightAndBias(None)) };
        Ok(WeightAndBias(Some((weight.slice::<T>()?, bias.slice::<T>()?))))
    }

    /// Weight and bias of a channel.
    fn at(&self, channel: usize) -> (T, T) {
        self.0.map_or((T::one(), T::zero()), |(w, b)| (w[channel % w.len()], b[channel % b.len()]))
    }

    /// `scale` and `shift` of `scale·x + shift`, which normalises a channel, and `1/√(var + eps)`.
    pub fn channel_norm(&self, channel: usize, mean: T, var: T, eps: T) -> [T; 3] {
        let (weight, bias) = self.at(channel);
        let rstd = T::one() / (var + eps).sqrt();
        [weight * rstd, bias - mean * (weight * rstd), rstd]
    }
}

pub fn forward<T: Float>(
    options: &BatchNorm,
    f: impl Pointwise<T>,
    ins: &[View],
    outs: &mut [ViewMut],
) -> Result<()> {
    let dims = options.channels(dims_of(&[ins[0].meta()]));
    let (x, affine) = (ins[0].slice::<T>()?, WeightAndBias::of(&ins[1..])?);
    let (eps, isa) = (T::from_f64(options.eps), Isa::chosen()?);
    let [y, mean, var] = outs else { unreachable!("the check wants three outputs") };
    let (mean, var) = (mean.slice_mut::<T>()?, var.slice_mut::<T>()?);
    if dims.numel() == 0 {
        mean.fill(T::nan());
        var.fill(T::nan());
        return Ok(());
    }
    let y = y.slice_mut::<T>()?;
    if dims.c == 1 {
        columns::forward(dims, eps, f, x, &affine, [y, mean, var], isa);
        return Ok(());
    }
    let groups = dims.groups(y).into_iter().enumerate();
    let size = dims.group();
    let tasks = groups.zip(mean.chunks_mut(size).zip(var.chunks_mut(size))).collect();
    run_tasks(tasks, dims.numel(), |((group, mut y), (mean, var))| {
        for i in 0..mean.len() {
            let channel = group * size + i;
            let x = dims.rows(x, channel);
            let moments = by_pieces(&x, dims.piece(), |rows| Moments::of(isa, rows), Moments::and);
            (mean[i], var[i]) = (moments.mean, moments.var());
            let [scale, shift, _] = affine.channel_norm(channel, mean[i], var[i], eps);
            // Some rows a call: they may be shorter than a vector.
            y.par_chunks_mut(dims.piece()).zip(x.par_chunks(dims.piece())).for_each(|(y, x)| {
                compiled(
                    isa,
                    #[inline(always)]
                    move || {
                        for (y, x) in y.iter_mut().zip(x) {
                            for (y, &x) in y[i * dims.c..][..dims.c].iter_mut().zip(*x) {
                                *y = f.value(x * scale + shift);
                            }
                        }
                    },
                );
            });
        }
    });
    Ok(())
}

pub fn backward<T: Float>(
    options: &BatchNorm,
    f: impl Pointwise<T>,
    ins: &[View],
    outs: &mut [ViewMut],
) -> Result<()> {
    let dims = options.channels(dims_of(&[ins[0].meta()]));
    let [v, x, mean, var] = [0, 1, 2, 3].map(|i| ins[i].slice::<T>());
    let (v, x, mean, var) = (v?, x?, mean?, var?);
    let (affine, isa) = (WeightAndBias::of(&ins[4..])?, Isa::chosen()?);
    let [n, eps] = [dims.count() as f64, options.eps].map(T::from_f64);
    let [dx, dweight, dbias] = outs else { unreachable!("the check wants three outputs") };
    let mut sums = vec![[T::zero(); 2]; dims.b];
    let norm =
        |channel: usize| (mean[channel], affine.channel_norm(channel, mean[channel], var[channel], eps));
    if dims.numel() > 0 && dims.c == 1 {
        columns::backward(dims, f, [v, x], norm, dx.slice_mut::<T>()?, &mut sums, isa);
    } else if dims.numel() > 0 {
        let size = dims.group();
        let groups = dims.groups(dx.slice_mut::<T>()?).into_iter().enumerate();
        let tasks = groups.zip(sums.chunks_mut(size)).collect();
        run_tasks(tasks, dims.numel(), |((group, mut dx), sums)| {
            for (i, sums) in sums.iter_mut().enumerate() {
                let channel = group * size + i;
                let (m, [scale, shift, rstd]) = norm(channel);
                let rows = dims.rows(v, channel).into_iter().zip(dims.rows(x, channel));
                let rows: Vec<[&[T]; 2]> = rows.map(|(v, x)| [v, x]).collect();
                let dot = |rows: &[[&[T]; 2]]| {
                    compiled(
                        isa,
                        #[inline(always)]
                        move || {
                            sum_rows(
                                rows.iter().copied(),
                                #[inline(always)]
                                move |[v, x]| {
                                    let u = f.gradient(v, x * scale + shift);
                                    [u, u * (x - m)]
                                },
                            )
                        },
                    )
                };
                let [sum, dot] = by_pieces(&rows, dims.piece(), dot, |a, b| [a[0] + b[0], a[1] + b[1]]);
                *sums = [dot * rstd, sum];
                // dx = scale·u + q·x + r
                let q = -scale * rstd * sums[0] / n;
                let r = -scale * sum / n - q * m;
                dx.par_chunks_mut(dims.piece()).zip(rows.par_chunks(dims.piece())).for_each(|(dx, rows)| {
                    compiled(
                        isa,
                        #[inline(always)]
                        move || {
                            for (dx, [v, x]) in dx.iter_mut().zip(rows) {
                                let dx = &mut dx[i * dims.c..][..dims.c];
                                for (dx, (&v, &x)) in dx.iter_mut().zip(v.iter().zip(*x)) {
                                    *dx = scale * f.gradient(v, x * scale + shift) + q * x + r;
                                }
                            }
                        },
                    );
                });
            }
        });
    }
    for (k, out) in [dweight, dbias].into_iter().enumerate() {
        let out = out.slice_mut::<T>()?;
        out.fill(T::zero());
        let channels = out.len().max(1);
        for sums in sums.chunks(channels) {
            out.iter_mut().zip(sums).for_each(|(out, sums)| *out += sums[k]);
        }
    }
    Ok(())
}
