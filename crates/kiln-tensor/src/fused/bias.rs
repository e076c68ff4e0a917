//! A bias for each channel with the activation that follows it, and its derivative.

use super::activation::{Activation, Rectifier, with_rectifier};
use super::channels::sum_rows;
use super::{TASK, check_dims, gpu, run_tasks};
use crate::backend::{View, ViewMut};
use crate::cpu::{Isa, compiled};
use crate::dtype::{Float, with_float};
use crate::error::{Result, ShapeError};
use crate::gpu::Plan;
use crate::kernel::FusedKernel;
use crate::meta::Meta;

/// `y = f(x + bias)` with the activation `f`, in one pass. Inputs `x [a, b, c]` and `bias [b]`, output `y [a, b, c]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bias(pub Activation);

/// The derivative of [`Bias`], by its result `y`, in one pass: `u = v · f'`, which is the gradient of `x`, and its
/// sum over `a` and `c`, which is that of the bias. Inputs `v` and `y`, both `[a, b, c]`; outputs `u [a, b, c]` and
/// `dbias [b]`.
///
/// The sign of `y` must be that of `x + bias`: a slope of [`Activation::LeakyRelu`] may not be negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiasBackward(pub Activation);

impl FusedKernel for Bias {
    fn name(&self) -> &'static str {
        "bias"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = three(self.name(), ins)?;
        check_dims(self.name(), ins, outs, (&[&x, &x[1..2]], &[&x]))
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Option<Plan> {
        Some(gpu::bias::forward(self.0, three(self.name(), ins).ok()?))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => {
            with_rectifier!(self.0, T, f => forward::<T>(f, ins, outs))
        })
    }
}

impl FusedKernel for BiasBackward {
    fn name(&self) -> &'static str {
        "bias_backward"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = three(self.name(), ins)?;
        check_dims(self.name(), ins, outs, (&[&x, &x], &[&x, &x[1..2]]))
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Option<Plan> {
        Some(gpu::bias::backward(self.0, three(self.name(), ins).ok()?))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => {
            with_rectifier!(self.0, T, f => backward::<T>(f, ins, outs))
        })
    }
}

fn three(name: &'static str, ins: &[Meta]) -> Result<[usize; 3], ShapeError> {
    let dims = ins.first().and_then(|m| <[usize; 3]>::try_from(&*m.dims).ok());
    dims.ok_or_else(|| ShapeError::new(name, "the first input has not three axes"))
}

/// What is cheap pays for threads only if there is much of it.
fn worth(elements: usize) -> usize {
    elements / 8
}

/// How much one task is given: whole samples if channels are single numbers, else whole channels of a sample.
fn piece([_, b, c]: [usize; 3]) -> usize {
    let whole = if c == 1 { b } else { c };
    (TASK / whole).max(1) * whole
}

fn forward<T: Float>(f: impl Rectifier<T>, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let dims @ [_, b, c] = three("bias", &[ins[0].meta()])?;
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

fn backward<T: Float>(f: impl Rectifier<T>, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let dims @ [a, b, c] = three("bias_backward", &[ins[0].meta()])?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Key;
    use crate::{Array, Device};

    const ACTIVATIONS: [Activation; 3] = [Activation::Identity, Activation::Relu, Activation::LeakyRelu(0.2)];

    fn numbers(salt: u64, dims: [usize; 3]) -> Vec<f64> {
        (0..dims.iter().product::<usize>() as u64).map(|i| Key::new(salt).normal(i)).collect()
    }

    /// `y`, `u` and `dbias`.
    fn ours(f: Activation, dims: [usize; 3]) -> [Vec<f64>; 3] {
        let array = |salt| Array::from_slice(&numbers(salt, dims), dims, &Device::cpu());
        let (x, v) = (array(1), array(2));
        let bias = Array::from_slice(&numbers(3, [1, dims[1], 1]), [dims[1]], &Device::cpu());
        let y = Array::fused(Bias(f), &[&x, &bias], &[x.meta()]).remove(0);
        let [u, dbias] =
            Array::fused(BiasBackward(f), &[&v, &y], &[x.meta(), bias.meta()]).try_into().unwrap();
        [y, u, dbias].map(|array| array.to_vec().unwrap())
    }

    /// Over shapes with several tasks, which end between samples or within one.
    #[test]
    fn agrees_with_the_definition() {
        for f in ACTIVATIONS {
            for dims in
                [[70, 300, 1], [3, 5, 9], [2, 3, 7000], [30, 40, 33], [1, 1, 1], [0, 3, 2], [40_000, 1, 1]]
            {
                let (x, v, bias) = (numbers(1, dims), numbers(2, dims), numbers(3, [1, dims[1], 1]));
                let [y, u, dbias] = ours(f, dims);
                let mut want = vec![0.0; dims[1]];
                for i in 0..x.len() {
                    let channel = i / dims[2] % dims[1];
                    let z = x[i] + bias[channel];
                    let slope = match f {
                        Activation::Relu if z <= 0.0 => 0.0,
                        Activation::LeakyRelu(slope) if z <= 0.0 => slope,
                        _ => 1.0,
                    };
                    assert_eq!((y[i], u[i]), (slope * z + 0.0, slope * v[i] + 0.0), "{f:?} {dims:?} {i}");
                    want[channel] += slope * v[i];
                }
                for (have, want) in dbias.iter().zip(want) {
                    assert!((have - want).abs() < 1e-10, "{f:?} {dims:?}: {have} instead of {want}");
                }
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        for dims in [[700, 300, 1], [9, 5, 5000]] {
            let [one, three] = [1, 3].map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| ours(Activation::Relu, dims).concat())
            });
            assert!(one.iter().zip(&three).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }
}
