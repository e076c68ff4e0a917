//! Norms of rows on the CPU: memory is read and written once, and a row is gone over while the first cache has it.

use super::super::channels::sum_rows;
use super::super::run_tasks;
use super::{RowDims, RowNorm};
use crate::backend::{View, ViewMut};
use crate::cpu::{Isa, compiled, fold};
use crate::dtype::Float;
use crate::error::Result;
use std::borrow::Cow;
use std::iter::once;

/// Elements one task handles.
const TASK: usize = 1 << 15;
/// Most tasks, each of which has sums of its own for all weights.
const TASKS: usize = 64;
/// Elements of a row whose squares are summed at once.
const PIECE: usize = 1 << 13;

impl RowDims {
    /// Rows that a task handles.
    fn rows_of_task(self) -> usize {
        (TASK / self.len()).max(self.rows.div_ceil(TASKS)).max(1)
    }

    /// The weights of a row, or what there is for each.
    fn of_row<T>(self, weights: &[T], row: usize) -> &[T] {
        &weights[row % self.k * self.segments..][..self.segments]
    }
}

/// An input that may be missing, and is this number everywhere then.
fn or_all<'a, T: Float>(input: Option<&View<'a>>, number: T, len: usize) -> Result<Cow<'a, [T]>> {
    Ok(match input {
        Some(view) => Cow::Borrowed(view.slice::<T>()?),
        None => Cow::Owned(vec![number; len]),
    })
}

pub fn forward<T: Float>(norm: &RowNorm, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let dims = RowDims::of(&ins[0].meta());
    let (x, eps, isa) = (ins[0].slice::<T>()?, T::from_f64(norm.eps), Isa::chosen()?);
    let weight = or_all(ins.get(1), T::one(), dims.weights())?;
    let bias = or_all(ins.get(2), T::zero(), dims.weights())?;
    let [y, mean, rstd] = outs else { unreachable!("the check wants three outputs") };
    let (mean, rstd) = (mean.slice_mut::<T>()?, rstd.slice_mut::<T>()?);
    if x.is_empty() {
        mean.fill(T::nan());
        rstd.fill(T::nan());
        return Ok(());
    }
    let (size, len) = (dims.rows_of_task(), dims.len());
    let stats = mean.chunks_mut(size).zip(rstd.chunks_mut(size));
    let tasks = y.slice_mut::<T>()?.chunks_mut(size * len).zip(stats).enumerate().collect();
    let centred = norm.centred;
    run_tasks(tasks, x.len(), |(task, (y, (mean, rstd)))| {
        compiled(
            isa,
            #[inline(always)]
            || {
                for (i, y) in y.chunks_exact_mut(len).enumerate() {
                    let row = task * size + i;
                    let x = &x[row * len..][..len];
                    let m = if centred {
                        fold::slice::<fold::Sum, T>(x) / T::from_f64(len as f64)
                    } else {
                        T::zero()
                    };
                    let r = T::one() / (squares(x, m) / T::from_f64(len as f64) + eps).sqrt();
                    (mean[i], rstd[i]) = (m, r);
                    normalize(
                        dims.positions,
                        [x, dims.of_row(&weight, row), dims.of_row(&bias, row)],
                        [m, r],
                        y,
                    );
                }
            },
        );
    });
    Ok(())
}

/// Sum of squared distances from `m`.
#[inline(always)]
fn squares<T: Float>(x: &[T], m: T) -> T {
    let mut total = T::zero();
    for piece in x.chunks(PIECE) {
        let [sum] = sum_rows(
            once([piece]),
            #[inline(always)]
            move |[x]| [(x - m) * (x - m)],
        );
        total += sum;
    }
    total
}

#[inline(always)]
fn normalize<T: Float>(positions: usize, [x, weight, bias]: [&[T]; 3], [m, r]: [T; 2], y: &mut [T]) {
    if positions == 1 {
        for ((y, x), (w, b)) in y.iter_mut().zip(x).zip(weight.iter().zip(bias)) {
            *y = (*x - m) * r * *w + *b;
        }
        return;
    }
    let segments = y.chunks_exact_mut(positions).zip(x.chunks_exact(positions));
    for ((y, x), (&w, &b)) in segments.zip(weight.iter().zip(bias)) {
        let scale = r * w;
        y.iter_mut().zip(x).for_each(|(y, x)| *y = (*x - m) * scale + b);
    }
}

pub fn backward<T: Float>(norm: &RowNorm, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let dims = RowDims::of(&ins[1].meta());
    let [v, x, mean, rstd] = [0, 1, 2, 3].map(|i| ins[i].slice::<T>());
    let (v, x, mean, rstd, isa) = (v?, x?, mean?, rstd?, Isa::chosen()?);
    let weight = or_all(ins.get(4), T::one(), dims.weights())?;
    let (dx, gradients) = outs.split_first_mut().expect("the check wants an output");
    let mut sums = Vec::new();
    if !x.is_empty() {
        let (size, len) = (dims.rows_of_task(), dims.len());
        sums = vec![T::zero(); dims.rows.div_ceil(size) * 2 * dims.weights()];
        let of_tasks = sums.chunks_mut(2 * dims.weights());
        let tasks = dx.slice_mut::<T>()?.chunks_mut(size * len).zip(of_tasks).enumerate().collect();
        let centred = norm.centred;
        run_tasks(tasks, x.len(), |(task, (dx, sums))| {
            let (dweight, dbias) = sums.split_at_mut(dims.weights());
            compiled(
                isa,
                #[inline(always)]
                || {
                    for (i, dx) in dx.chunks_exact_mut(len).enumerate() {
                        let row = task * size + i;
                        let place = row % dims.k * dims.segments;
                        let part = Row {
                            v: &v[row * len..][..len],
                            x: &x[row * len..][..len],
                            weight: dims.of_row(&weight, row),
                            positions: dims.positions,
                            centred,
                            mean: mean[row],
                            rstd: rstd[row],
                        };
                        let gradients = [&mut dweight[place..], &mut dbias[place..]];
                        part.backward(dx, gradients.map(|all| &mut all[..dims.segments]));
                    }
                },
            );
        });
    }
    for (k, out) in gradients.iter_mut().enumerate() {
        let out = out.slice_mut::<T>()?;
        out.fill(T::zero());
        for sums in sums.chunks(2 * dims.weights().max(1)) {
            let sums = &sums[k * dims.weights()..];
            out.iter_mut().zip(sums).for_each(|(out, sum)| *out += *sum);
        }
    }
    Ok(())
}

/// A row on the way back.
struct Row<'a, T> {
    v: &'a [T],
    x: &'a [T],
    weight: &'a [T],
    positions: usize,
    centred: bool,
    mean: T,
    rstd: T,
}

impl<T: Float> Row<'_, T> {
    /// Writes the gradient of `x`, and adds to those of weight and bias.
    #[inline(always)]
    fn backward(&self, dx: &mut [T], [dweight, dbias]: [&mut [T]; 2]) {
        let Row { v, x, weight, positions, centred, mean, rstd } = *self;
        let n = T::from_f64(dx.len() as f64);
        if positions == 1 {
            // What sums are made of lies in the first cache then, and two at a time make vectors.
            dx.iter_mut().zip(v.iter().zip(weight)).for_each(|(u, (v, w))| *u = *v * *w);
            let [sum, dot] = sum_rows(
                once([&*dx, x]),
                #[inline(always)]
                move |[u, x]| [u, u * (x - mean)],
            );
            let [p, q] = [if centred { sum / n } else { T::zero() }, dot * rstd * rstd / n];
            dx.iter_mut().zip(x).for_each(|(dx, x)| *dx = rstd * (*dx - p - (*x - mean) * q));
            add_gradients([v, x], [mean, rstd], dweight, dbias);
            return;
        }
        let (mut sum, mut dot) = (T::zero(), T::zero());
        let segments = v.chunks_exact(positions).zip(x.chunks_exact(positions));
        for (((v, x), &w), (dweight, dbias)) in
            segments.zip(weight).zip(dweight.iter_mut().zip(dbias.iter_mut()))
        {
            let [of_v, of_x] = sum_rows(
                once([v, x]),
                #[inline(always)]
                move |[v, x]| [v, v * (x - mean)],
            );
            *dweight += of_x * rstd;
            *dbias += of_v;
            sum += w * of_v;
            dot += w * of_x;
        }
        let [p, q] = [if centred { sum / n } else { T::zero() }, dot * rstd * rstd / n];
        let segments = v.chunks_exact(positions).zip(x.chunks_exact(positions));
        for (dx, ((v, x), &w)) in dx.chunks_exact_mut(positions).zip(segments.zip(weight)) {
            for (dx, (v, x)) in dx.iter_mut().zip(v.iter().zip(x)) {
                *dx = rstd * (*v * w - p - (*x - mean) * q);
            }
        }
    }
}

#[inline(always)]
fn add_gradients<T: Float>([v, x]: [&[T]; 2], [mean, rstd]: [T; 2], dweight: &mut [T], dbias: &mut [T]) {
    for ((dweight, dbias), (v, x)) in dweight.iter_mut().zip(dbias).zip(v.iter().zip(x)) {
        *dweight += *v * ((*x - mean) * rstd);
        *dbias += *v;
    }
}
