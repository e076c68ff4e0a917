//! Batch norm (Ioffe and Szegedy, 2015) and its derivative.

use super::check_dims;
use crate::array::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::{Float, with_float};
use crate::error::{Result, ShapeError};
use crate::kernel::FusedKernel;
use rayon::prelude::*;

/// Normalises `x [a, b, c]` over `a` and `c` for each of the `b` channels.
///
/// Inputs `x`, and optionally `weight [b]` and `bias [b]`; outputs `y [a, b, c]`, `mean [b]` and the
/// variance `[b]` with correction 0. `y = (x − mean) / √(var + eps) · weight + bias`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNorm {
    /// Added to the variance; keeps the division finite.
    pub eps: f64,
}

/// The derivative of [`BatchNorm`].
///
/// Inputs `v`, `x`, `mean`, `var` and optionally `weight`; outputs the gradients of `x`, `weight` and
/// `bias`. With `n = a·c` and `x̂` the normalised `x`: `dbias = Σv`, `dweight = Σv·x̂`,
/// `dx = weight/√(var + eps) · (v − dbias/n − x̂·dweight/n)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormBackward {
    /// As in the forward pass.
    pub eps: f64,
}

impl FusedKernel for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = image(self.name(), ins)?;
        let c = &x[1..2];
        let affine: &[&[usize]] = if ins.len() > 1 { &[&x, c, c] } else { &[&x] };
        check_dims(self.name(), ins, outs, (affine, &[&x, c, c]))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => forward::<T>(self.eps, ins, outs))
    }
}

impl FusedKernel for BatchNormBackward {
    fn name(&self) -> &'static str {
        "batch_norm_backward"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = image(self.name(), ins)?;
        let c = &x[1..2];
        let all: [&[usize]; 5] = [&x, &x, c, c, c];
        let count = if ins.len() == 4 { 4 } else { 5 };
        check_dims(self.name(), ins, outs, (&all[..count], &[&x, c, c]))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => backward::<T>(self.eps, ins, outs))
    }
}

fn image(name: &'static str, ins: &[Meta]) -> Result<[usize; 3], ShapeError> {
    let dims = ins.first().and_then(|m| <[usize; 3]>::try_from(&*m.dims).ok());
    dims.ok_or_else(|| ShapeError::new(name, "the first input has not three axes"))
}

/// The elements of channel `b` of `[a, b, c]`, as `a` rows of length `c`.
fn channel<T>(x: &[T], [_, channels, c]: [usize; 3], b: usize) -> impl Iterator<Item = &[T]> {
    x.chunks_exact(c.max(1)).skip(b).step_by(channels)
}

/// A sum over rows in a fixed order: lanes within a row, then rows one after the other.
fn sum_rows<'a, T: Float>(rows: impl Iterator<Item = &'a [T]>, f: impl Fn(T) -> T) -> T {
    const LANES: usize = 16;
    let mut lanes = [T::zero(); LANES];
    let mut tail = T::zero();
    for row in rows {
        let chunks = row.chunks_exact(LANES);
        tail = chunks.remainder().iter().fold(tail, |sum, &x| sum + f(x));
        for chunk in chunks {
            lanes.iter_mut().zip(chunk).for_each(|(lane, &x)| *lane += f(x));
        }
    }
    lanes.into_iter().fold(tail, |sum, lane| sum + lane)
}

/// Like [`sum_rows`] over the products of two arrays' elements.
fn dot_rows<'a, T: Float>(
    rows: impl Iterator<Item = (&'a [T], &'a [T])>,
    f: impl Fn(T, T) -> (T, T),
) -> (T, T) {
    const LANES: usize = 16;
    let zero = T::zero();
    let (mut first, mut second) = ([zero; LANES], [zero; LANES]);
    let mut tail = (zero, zero);
    for (a, b) in rows {
        let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
        for (&x, &y) in a_chunks.remainder().iter().zip(b_chunks.remainder()) {
            let (p, q) = f(x, y);
            tail = (tail.0 + p, tail.1 + q);
        }
        for (a, b) in a_chunks.zip(b_chunks) {
            for lane in 0..LANES {
                let (p, q) = f(a[lane], b[lane]);
                first[lane] += p;
                second[lane] += q;
            }
        }
    }
    let total = |lanes: [T; LANES], tail: T| lanes.into_iter().fold(tail, |sum, lane| sum + lane);
    (total(first, tail.0), total(second, tail.1))
}

/// Calls `f(channel, row)` for all rows of `[a, b, c]`, in parallel.
fn for_rows<T: Float>(y: &mut [T], dims: [usize; 3], f: impl Fn(usize, usize, &mut [T]) + Sync) {
    let [_, channels, c] = dims;
    if y.is_empty() {
        return;
    }
    let rows_per_task = (super::TASK / c).max(1);
    y.par_chunks_mut(c * rows_per_task).enumerate().for_each(|(task, part)| {
        for (i, row) in part.chunks_exact_mut(c).enumerate() {
            let index = task * rows_per_task + i;
            f(index % channels, index * c, row);
        }
    });
}

fn forward<T: Float>(eps: f64, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let dims = image("batch_norm", &[ins[0].meta()])?;
    let x = ins[0].slice::<T>()?;
    let affine = match ins {
        [_, weight, bias] => Some((weight.slice::<T>()?, bias.slice::<T>()?)),
        _ => None,
    };
    let n = T::from_f64((dims[0] * dims[2]) as f64);
    let [y, mean, var] = outs else { unreachable!("the check wants three outputs") };
    let (mean, var) = (mean.slice_mut::<T>()?, var.slice_mut::<T>()?);
    mean.par_iter_mut().zip(var.par_iter_mut()).enumerate().for_each(|(b, (mean, var))| {
        let m = sum_rows(channel(x, dims, b), |x| x) / n;
        *mean = m;
        *var = sum_rows(channel(x, dims, b), |x| (x - m) * (x - m)) / n;
    });
    let eps = T::from_f64(eps);
    let line: Vec<(T, T)> = (0..dims[1])
        .map(|b| {
            let (weight, bias) = affine.map_or((T::one(), T::zero()), |(w, c)| (w[b], c[b]));
            let scale = weight / (var[b] + eps).sqrt();
            (scale, bias - mean[b] * scale)
        })
        .collect();
    for_rows(y.slice_mut::<T>()?, dims, |b, start, row| {
        let (scale, shift) = line[b];
        let x = &x[start..start + row.len()];
        row.iter_mut().zip(x).for_each(|(y, &x)| *y = x * scale + shift);
    });
    Ok(())
}

fn backward<T: Float>(eps: f64, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let dims = image("batch_norm_backward", &[ins[0].meta()])?;
    let [v, x, mean, var] = [0, 1, 2, 3].map(|i| ins[i].slice::<T>());
    let (v, x, mean, var) = (v?, x?, mean?, var?);
    let weight = ins.get(4).map(View::slice::<T>).transpose()?;
    let n = T::from_f64((dims[0] * dims[2]) as f64);
    let eps = T::from_f64(eps);
    let [dx, dweight, dbias] = outs else { unreachable!("the check wants three outputs") };
    let (dweight, dbias) = (dweight.slice_mut::<T>()?, dbias.slice_mut::<T>()?);
    dweight.par_iter_mut().zip(dbias.par_iter_mut()).enumerate().for_each(|(b, (dweight, dbias))| {
        let m = mean[b];
        let rows = channel(v, dims, b).zip(channel(x, dims, b));
        let (sum, dot) = dot_rows(rows, |v, x| (v, v * (x - m)));
        *dbias = sum;
        *dweight = dot / (var[b] + eps).sqrt();
    });
    // dx = p·v + q·x + r for each channel.
    let line: Vec<(T, T, T)> = (0..dims[1])
        .map(|b| {
            let rstd = T::one() / (var[b] + eps).sqrt();
            let p = weight.map_or(T::one(), |w| w[b]) * rstd;
            let q = -p * rstd * dweight[b] / n;
            (p, q, -p * dbias[b] / n - q * mean[b])
        })
        .collect();
    for_rows(dx.slice_mut::<T>()?, dims, |b, start, row| {
        let (p, q, r) = line[b];
        let range = start..start + row.len();
        let pairs = v[range.clone()].iter().zip(&x[range]);
        row.iter_mut().zip(pairs).for_each(|(dx, (&v, &x))| *dx = p * v + q * x + r);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, Device};

    /// Against the definition, over a shape with several tasks and rows that don't divide the lanes.
    #[test]
    fn agrees_with_the_definition() {
        let dims = [7usize, 3, 37];
        let device = Device::cpu();
        let numbers = |salt: u64| -> Vec<f64> {
            (0..7 * 3 * 37).map(|i| crate::random::Key::new(salt).normal(i)).collect()
        };
        let (x, v) = (numbers(1), numbers(2));
        let (w, c) = ([0.5, -1.5, 2.0], [0.1, 0.2, 0.3]);
        let array = |values: &[f64]| Array::from_slice(values, dims, &device);
        let vector = |values: &[f64]| Array::from_slice(values, [3], &device);
        let (x_array, channel_meta) = (array(&x), vector(&w).meta());
        let metas = [x_array.meta(), channel_meta, channel_meta];
        let outs = Array::fused(BatchNorm { eps: 1e-5 }, &[&x_array, &vector(&w), &vector(&c)], &metas);
        let back = Array::fused(
            BatchNormBackward { eps: 1e-5 },
            &[&array(&v), &x_array, &outs[1], &outs[2], &vector(&w)],
            &metas,
        );
        let [y, dx] = [&outs[0], &back[0]].map(|a| a.to_vec::<f64>().unwrap());
        for b in 0..3 {
            let index: Vec<usize> = (0..7).flat_map(|a| (0..37).map(move |k| (a * 3 + b) * 37 + k)).collect();
            let n = index.len() as f64;
            let mean = index.iter().map(|&i| x[i]).sum::<f64>() / n;
            let var = index.iter().map(|&i| (x[i] - mean).powi(2)).sum::<f64>() / n;
            let hat = |i: usize| (x[i] - mean) / (var + 1e-5).sqrt();
            let sum = index.iter().map(|&i| v[i]).sum::<f64>();
            let dot = index.iter().map(|&i| v[i] * hat(i)).sum::<f64>();
            for &i in &index {
                assert!((y[i] - (hat(i) * w[b] + c[b])).abs() < 1e-12);
                let want = w[b] / (var + 1e-5).sqrt() * (v[i] - sum / n - hat(i) * dot / n);
                assert!((dx[i] - want).abs() < 1e-12);
            }
            assert!((back[1].to_vec::<f64>().unwrap()[b] - dot).abs() < 1e-11);
            assert!((back[2].to_vec::<f64>().unwrap()[b] - sum).abs() < 1e-11);
        }
    }
}
