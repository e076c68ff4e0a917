//! Batch norm of vectors `[a, b]` on the CPU: channels lie next to each other, so many are computed at once.

use super::super::channels::ChannelDims;
use super::super::run_tasks;
use super::cpu::WeightAndBias;
use crate::activation::Pointwise;
use crate::cpu::{Isa, compiled};
use crate::dtype::Float;

/// Rows whose sum is taken before it is added to the others', so that few digits are lost.
const PIECE: usize = 128;

/// Sums over rows of what `f` makes of each column of them; `f` gets the column and one number of each tensor.
/// It must be `#[inline(always)]`.
fn sum_columns<T: Float, const I: usize, const N: usize>(
    isa: Isa,
    rows: &[[&[T]; I]],
    width: usize,
    f: impl Fn(usize, [T; I]) -> [T; N] + Copy,
) -> [Vec<T>; N] {
    let zeros = || std::array::from_fn(|_| vec![T::zero(); width]);
    let mut all: [Vec<T>; N] = zeros();
    for rows in rows.chunks(PIECE) {
        let mut sums: [Vec<T>; N] = zeros();
        {
            let sums = sums.each_mut().map(|sums| &mut sums[..width]);
            compiled(
                isa,
                #[inline(always)]
                move || {
                    let sums = sums;
                    for row in rows {
                        let row = row.map(|row| &row[..width]);
                        for k in 0..width {
                            let terms = f(k, row.map(|row| row[k]));
                            for n in 0..N {
                                sums[n][k] += terms[n];
                            }
                        }
                    }
                },
            );
        }
        for (all, sums) in all.iter_mut().zip(&sums) {
            all.iter_mut().zip(sums).for_each(|(all, sum)| *all += *sum);
        }
    }
    all
}

/// Mean and variance of each channel into `mean` and `var`, and the normalised rows into `y`.
pub fn forward<T: Float>(
    dims: ChannelDims,
    eps: T,
    f: impl Pointwise<T>,
    x: &[T],
    affine: &WeightAndBias<T>,
    [y, mean, var]: [&mut [T]; 3],
    isa: Isa,
) {
    let (size, count) = (dims.group(), T::from_f64(dims.count() as f64));
    let groups = dims.groups(y).into_iter().enumerate();
    let tasks = groups.zip(mean.chunks_mut(size).zip(var.chunks_mut(size))).collect();
    run_tasks(tasks, dims.numel(), |((group, mut y), (mean, var))| {
        let (from, width) = (group * size, mean.len());
        let rows: Vec<[&[T]; 1]> = x.chunks_exact(dims.b).map(|row| [&row[from..][..width]]).collect();
        let [sums] = sum_columns(
            isa,
            &rows,
            width,
            #[inline(always)]
            |_, [x]| [x],
        );
        mean.iter_mut().zip(&sums).for_each(|(mean, sum)| *mean = *sum / count);
        let center = &*mean;
        let [squares] = sum_columns(
            isa,
            &rows,
            width,
            #[inline(always)]
            |k, [x]| [(x - center[k]) * (x - center[k])],
        );
        var.iter_mut().zip(&squares).for_each(|(var, sum)| *var = *sum / count);
        let norms = (0..width).map(|k| affine.channel_norm(from + k, mean[k], var[k], eps));
        let (scale, shift): (Vec<T>, Vec<T>) = norms.map(|[scale, shift, _]| (scale, shift)).unzip();
        let (scale, shift, rows, y) = (&scale[..width], &shift[..width], &rows, &mut y);
        compiled(
            isa,
            #[inline(always)]
            move || {
                for (y, [x]) in y.iter_mut().zip(rows) {
                    let (y, x) = (&mut y[..width], &x[..width]);
                    for k in 0..width {
                        y[k] = f.value(x[k] * scale[k] + shift[k]);
                    }
                }
            },
        );
    });
}

/// The derivative: `dx`, and in `sums` what a channel's weight and bias get.
pub fn backward<T: Float>(
    dims: ChannelDims,
    f: impl Pointwise<T>,
    [v, x]: [&[T]; 2],
    norm: impl Fn(usize) -> (T, [T; 3]) + Sync,
    dx: &mut [T],
    sums: &mut [[T; 2]],
    isa: Isa,
) {
    let (size, n) = (dims.group(), T::from_f64(dims.count() as f64));
    let groups = dims.groups(dx).into_iter().enumerate();
    let tasks = groups.zip(sums.chunks_mut(size)).collect();
    run_tasks(tasks, dims.numel(), |((group, mut dx), sums)| {
        let (from, width) = (group * size, sums.len());
        let part = |row| -> &[T] { &<[T]>::split_at(row, from).1[..width] };
        let rows = v.chunks_exact(dims.b).zip(x.chunks_exact(dims.b));
        let rows: Vec<[&[T]; 2]> = rows.map(|(v, x)| [part(v), part(x)]).collect();
        let norms: Vec<(T, [T; 3])> = (0..width).map(|k| norm(from + k)).collect();
        let of = |pick: fn(&(T, [T; 3])) -> T| norms.iter().map(pick).collect::<Vec<T>>();
        let (mean, scale, shift, rstd) = (of(|n| n.0), of(|n| n.1[0]), of(|n| n.1[1]), of(|n| n.1[2]));
        let (m, s, c) = (&mean[..width], &scale[..width], &shift[..width]);
        let [sum, dot] = sum_columns(
            isa,
            &rows,
            width,
            #[inline(always)]
            |k, [v, x]| {
                let u = f.gradient(v, x * s[k] + c[k]);
                [u, u * (x - m[k])]
            },
        );
        // dx = scale·u + q·x + r
        let (mut q, mut r) = (Vec::with_capacity(width), Vec::with_capacity(width));
        for k in 0..width {
            sums[k] = [dot[k] * rstd[k], sum[k]];
            q.push(-s[k] * rstd[k] * sums[k][0] / n);
            r.push(-s[k] * sum[k] / n - q[k] * m[k]);
        }
        let (q, r, rows, dx) = (&q[..width], &r[..width], &rows, &mut dx);
        compiled(
            isa,
            #[inline(always)]
            move || {
                for (dx, [v, x]) in dx.iter_mut().zip(rows) {
                    let (dx, v, x) = (&mut dx[..width], &v[..width], &x[..width]);
                    for k in 0..width {
                        dx[k] = s[k] * f.gradient(v[k], x[k] * s[k] + c[k]) + q[k] * x[k] + r[k];
                    }
                }
            },
        );
    });
}
