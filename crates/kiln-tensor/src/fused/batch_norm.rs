//! Batch norm (Ioffe and Szegedy, 2015) with the activation that follows it, and its derivative.

use super::activation::{Activation, Rectifier, with_rectifier};
use super::channels::{Channels, Moments, by_pieces, sum_rows};
use super::{check_dims, gpu, run_tasks};
use crate::backend::{View, ViewMut};
use crate::cpu::{Isa, compiled};
use crate::dtype::{Float, with_float};
use crate::error::{Result, ShapeError};
use crate::gpu::Plan;
use crate::kernel::FusedKernel;
use crate::meta::Meta;
use rayon::prelude::*;

/// Normalises `x [a, b, c]` over `a` and `c` for each of the `b` channels, or, `by_sample`, over `c` alone.
///
/// Inputs `x`, and optionally `weight [b]` and `bias [b]`; outputs `y [a, b, c]`, the mean and the variance
/// with correction 0, both `[b]`, or `[a·b]` if `by_sample`.
/// `y = f((x − mean) / √(var + eps) · weight + bias)` with the activation `f`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BatchNorm {
    /// Added to the variance; keeps the division finite.
    pub eps: f64,
    /// What follows.
    pub activation: Activation,
    /// Whether each sample is normalised on its own (instance norm).
    pub by_sample: bool,
}

/// The derivative of [`BatchNorm`].
///
/// Inputs `v`, `x`, `mean`, `var` and optionally `weight` and `bias`; outputs the gradients of `x`, `weight`
/// and `bias`. With `u` the gradient in front of the activation, `n` the count of numbers that are normalised
/// together, and `x̂` the normalised `x`: `dbias = Σu`, `dweight = Σu·x̂`,
/// `dx = weight/√(var + eps) · (u − Σu/n − x̂·Σu·x̂/n)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormBackward(pub BatchNorm);

impl FusedKernel for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = image(self.name(), ins)?;
        let (c, stats) = (&x[1..2], &[self.channels(x).b][..]);
        let affine: &[&[usize]] = if ins.len() > 1 { &[&x, c, c] } else { &[&x] };
        check_dims(self.name(), ins, outs, (affine, &[&x, stats, stats]))
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Option<Plan> {
        let dims = image(self.name(), ins).ok()?;
        Some(gpu::batch_norm::Call { options: self, dims, affine: ins.len() > 1 }.forward())
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => {
            with_rectifier!(self.activation, T, f => forward::<T>(self, f, ins, outs))
        })
    }
}

impl FusedKernel for BatchNormBackward {
    fn name(&self) -> &'static str {
        "batch_norm_backward"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = image(self.name(), ins)?;
        let (c, stats) = (&x[1..2], &[self.0.channels(x).b][..]);
        let all: [&[usize]; 6] = [&x, &x, stats, stats, c, c];
        let count = if ins.len() == 4 { 4 } else { 6 };
        check_dims(self.name(), ins, outs, (&all[..count], &[&x, c, c]))
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Option<Plan> {
        let dims = image(self.name(), ins).ok()?;
        Some(gpu::batch_norm::Call { options: &self.0, dims, affine: ins.len() > 4 }.backward())
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => {
            with_rectifier!(self.0.activation, T, f => backward::<T>(&self.0, f, ins, outs))
        })
    }
}

impl BatchNorm {
    /// What is normalised together.
    pub(super) fn channels(&self, [a, b, c]: [usize; 3]) -> Channels {
        if self.by_sample { Channels { a: 1, b: a * b, c } } else { Channels { a, b, c } }
    }
}

fn image(name: &'static str, ins: &[Meta]) -> Result<[usize; 3], ShapeError> {
    let dims = ins.first().and_then(|m| <[usize; 3]>::try_from(&*m.dims).ok());
    dims.ok_or_else(|| ShapeError::new(name, "the first input has not three axes"))
}

/// Weight and bias, which repeat if there are more channels than they have numbers.
struct Affine<'a, T>(Option<(&'a [T], &'a [T])>);

impl<'a, T: Float> Affine<'a, T> {
    fn of(ins: &[View<'a>]) -> Result<Self> {
        let [weight, bias] = ins else { return Ok(Affine(None)) };
        Ok(Affine(Some((weight.slice::<T>()?, bias.slice::<T>()?))))
    }

    /// Weight and bias of a channel.
    fn at(&self, channel: usize) -> (T, T) {
        self.0.map_or((T::one(), T::zero()), |(w, b)| (w[channel % w.len()], b[channel % b.len()]))
    }

    /// The line `scale·x + shift` that normalises a channel, and `1/√(var + eps)`.
    fn line(&self, channel: usize, mean: T, var: T, eps: T) -> [T; 3] {
        let (weight, bias) = self.at(channel);
        let rstd = T::one() / (var + eps).sqrt();
        [weight * rstd, bias - mean * (weight * rstd), rstd]
    }
}

fn forward<T: Float>(
    options: &BatchNorm,
    f: impl Rectifier<T>,
    ins: &[View],
    outs: &mut [ViewMut],
) -> Result<()> {
    let dims = options.channels(image("batch_norm", &[ins[0].meta()])?);
    let (x, affine) = (ins[0].slice::<T>()?, Affine::of(&ins[1..])?);
    let (eps, isa) = (T::from_f64(options.eps), Isa::chosen()?);
    let [y, mean, var] = outs else { unreachable!("the check wants three outputs") };
    let (mean, var) = (mean.slice_mut::<T>()?, var.slice_mut::<T>()?);
    if dims.numel() == 0 {
        mean.fill(T::nan());
        var.fill(T::nan());
        return Ok(());
    }
    let groups = dims.groups(y.slice_mut::<T>()?).into_iter().enumerate();
    let size = dims.group();
    let tasks = groups.zip(mean.chunks_mut(size).zip(var.chunks_mut(size))).collect();
    run_tasks(tasks, dims.numel(), |((group, mut y), (mean, var))| {
        for i in 0..mean.len() {
            let channel = group * size + i;
            let x = dims.rows(x, channel);
            let moments = by_pieces(&x, dims.piece(), |rows| Moments::of(isa, rows), Moments::and);
            (mean[i], var[i]) = (moments.mean, moments.var());
            let [scale, shift, _] = affine.line(channel, mean[i], var[i], eps);
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

fn backward<T: Float>(
    options: &BatchNorm,
    f: impl Rectifier<T>,
    ins: &[View],
    outs: &mut [ViewMut],
) -> Result<()> {
    let dims = options.channels(image("batch_norm_backward", &[ins[0].meta()])?);
    let [v, x, mean, var] = [0, 1, 2, 3].map(|i| ins[i].slice::<T>());
    let (v, x, mean, var) = (v?, x?, mean?, var?);
    let (affine, isa) = (Affine::of(&ins[4..])?, Isa::chosen()?);
    let [n, eps] = [dims.count() as f64, options.eps].map(T::from_f64);
    let [dx, dweight, dbias] = outs else { unreachable!("the check wants three outputs") };
    let mut sums = vec![[T::zero(); 2]; dims.b];
    if dims.numel() > 0 {
        let size = dims.group();
        let groups = dims.groups(dx.slice_mut::<T>()?).into_iter().enumerate();
        let tasks = groups.zip(sums.chunks_mut(size)).collect();
        run_tasks(tasks, dims.numel(), |((group, mut dx), sums)| {
            for (i, sums) in sums.iter_mut().enumerate() {
                let channel = group * size + i;
                let (m, [scale, shift, rstd]) =
                    (mean[channel], affine.line(channel, mean[channel], var[channel], eps));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, Device};

    /// A normalisation in naive loops: of `index[k]`, the numbers that go together, with their channel.
    fn naive(
        options: &BatchNorm,
        x: &[f64],
        v: &[f64],
        w: &[f64],
        c: &[f64],
        dims: [usize; 3],
    ) -> [Vec<f64>; 4] {
        let [a, b, n] = dims;
        let (mut y, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        let (mut dw, mut dc) = (vec![0.0; b], vec![0.0; b]);
        let samples: Vec<Vec<usize>> =
            if options.by_sample { (0..a).map(|i| vec![i]).collect() } else { vec![(0..a).collect()] };
        for (samples, channel) in samples.iter().flat_map(|s| (0..b).map(move |channel| (s, channel))) {
            let index: Vec<usize> =
                samples.iter().flat_map(|i| (0..n).map(move |k| (i * b + channel) * n + k)).collect();
            let count = index.len() as f64;
            let mean = index.iter().map(|&i| x[i]).sum::<f64>() / count;
            let rstd = 1.0
                / (index.iter().map(|&i| (x[i] - mean).powi(2)).sum::<f64>() / count + options.eps).sqrt();
            let hat = |i: usize| (x[i] - mean) * rstd;
            let below = match options.activation {
                Activation::Identity => 1.0,
                Activation::Relu => 0.0,
                Activation::LeakyRelu(slope) => slope,
            };
            let slope = |i: usize| if hat(i) * w[channel] + c[channel] > 0.0 { 1.0 } else { below };
            let u = |i: usize| v[i] * slope(i);
            let sum = index.iter().map(|&i| u(i)).sum::<f64>();
            let dot = index.iter().map(|&i| u(i) * hat(i)).sum::<f64>();
            for &i in &index {
                y[i] = (hat(i) * w[channel] + c[channel]) * slope(i);
                dx[i] = w[channel] * rstd * (u(i) - sum / count - hat(i) * dot / count);
            }
            dw[channel] += dot;
            dc[channel] += sum;
        }
        [y, dx, dw, dc]
    }

    /// The kernels' `y`, `dx`, `dweight` and `dbias`.
    fn ours(
        options: BatchNorm,
        x: &[f64],
        v: &[f64],
        w: &[f64],
        c: &[f64],
        dims: [usize; 3],
    ) -> [Vec<f64>; 4] {
        let device = Device::cpu();
        let array = |values: &[f64]| Array::from_slice(values, dims, &device);
        let vector = |values: &[f64]| Array::from_slice(values, [values.len()], &device);
        let (x, v, w, c) = (array(x), array(v), vector(w), vector(c));
        let stats = Meta { dims: [options.channels(dims).b].into(), dtype: x.dtype() };
        let [y, mean, var] =
            Array::fused(options, &[&x, &w, &c], &[x.meta(), stats, stats]).try_into().unwrap();
        let ins = [&v, &x, &mean, &var, &w, &c];
        let [dx, dw, dc] = Array::fused(BatchNormBackward(options), &ins, &[x.meta(), w.meta(), w.meta()])
            .try_into()
            .unwrap();
        [y, dx, dw, dc].map(|array: Array| array.to_vec().unwrap())
    }

    fn numbers(salt: u64, count: usize) -> Vec<f64> {
        (0..count as u64).map(|i| crate::random::Key::new(salt).normal(i)).collect()
    }

    const ACTIVATIONS: [Activation; 3] = [Activation::Identity, Activation::Relu, Activation::LeakyRelu(0.2)];

    /// Over shapes with several groups, several pieces of a channel, and rows that don't divide the lanes.
    #[test]
    fn agrees_with_the_definition() {
        for (activation, by_sample) in ACTIVATIONS.into_iter().flat_map(|f| [(f, false), (f, true)]) {
            for dims in [[7, 3, 37], [5, 130, 2], [9, 2, 4001], [40, 70, 1]] {
                let options = BatchNorm { eps: 1e-5, activation, by_sample };
                let (x, v) = (numbers(1, dims.iter().product()), numbers(2, dims.iter().product()));
                let (w, c) = (numbers(3, dims[1]), numbers(4, dims[1]));
                let have = ours(options, &x, &v, &w, &c, dims);
                let want = naive(&options, &x, &v, &w, &c, dims);
                for (have, want) in have.concat().into_iter().zip(want.concat()) {
                    // A sample of one number has variance 0, and a scale of 300.
                    assert!((have - want).abs() < 1e-9, "{options:?} {dims:?}: {have} instead of {want}");
                }
            }
        }
    }

    /// Far from 0 compared with their spread, as no single pass over squares would stand.
    #[test]
    fn variances_of_numbers_far_from_zero() {
        let dims = [9, 2, 4001];
        let x: Vec<f32> = numbers(1, dims.iter().product()).iter().map(|x| 3000.0 + *x as f32).collect();
        let x = Array::from_slice(&x, dims, &Device::cpu());
        let stats = Meta { dims: [2].into(), dtype: x.dtype() };
        let outs = Array::fused(BatchNorm::default(), &[&x], &[x.meta(), stats, stats]);
        for var in outs[2].to_vec::<f32>().unwrap() {
            assert!((var - 1.0).abs() < 0.02, "{var}");
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let dims = [12, 3, 5000];
        let (x, v) = (numbers(1, dims.iter().product()), numbers(2, dims.iter().product()));
        let options = BatchNorm { eps: 1e-5, activation: Activation::Relu, by_sample: false };
        let [one, three] = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| ours(options, &x, &v, &[1.0, 2.0, 3.0], &[0.1, 0.2, 0.3], dims).concat())
        });
        assert!(one.iter().zip(&three).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}
