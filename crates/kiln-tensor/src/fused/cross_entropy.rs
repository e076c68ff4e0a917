//! Binary cross-entropy of logits, summed, and its derivative.

use super::channels::sum_rows;
use super::{check_dims, gpu, run_tasks};
use crate::backend::{View, ViewMut};
use crate::cpu::{Elementary, Isa, Scratch, compiled};
use crate::dtype::{Element, with_float};
use crate::error::{Result, ShapeError};
use crate::gpu::Plan;
use crate::kernel::FusedKernel;
use crate::meta::Meta;

/// Elements one task handles: few, for functions as long as these.
const TASK: usize = 1 << 12;

/// `Σ softplus(x) − x·t` over all elements, in one pass: the cross-entropy of logits `x` against targets `t`. The
/// inputs have the same dims, the output has no axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinaryCrossEntropy;

/// The derivative of [`BinaryCrossEntropy`] for the logits, `v · (sigmoid(x) − t)`. Inputs `v`, without axes, `x`
/// and `t`; output like `x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinaryCrossEntropyBackward;

impl FusedKernel for BinaryCrossEntropy {
    fn name(&self) -> &'static str {
        "binary_cross_entropy"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = ins.first().map_or(&[][..], |meta| &meta.dims);
        check_dims(self.name(), ins, outs, (&[x, x], &[&[]]))
    }

    fn flops(&self, ins: &[Meta], _: &[Meta]) -> u64 {
        4 * ins[0].dims.numel() as u64
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Option<Plan> {
        Some(gpu::cross_entropy::forward(&ins[0]))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => forward::<T>(ins, outs))
    }
}

impl FusedKernel for BinaryCrossEntropyBackward {
    fn name(&self) -> &'static str {
        "binary_cross_entropy_backward"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = ins.get(1).map_or(&[][..], |meta| &meta.dims);
        check_dims(self.name(), ins, outs, (&[&[], x, x], &[x]))
    }

    fn flops(&self, _: &[Meta], outs: &[Meta]) -> u64 {
        3 * outs[0].dims.numel() as u64
    }

    fn gpu(&self, _: &[Meta], outs: &[Meta]) -> Option<Plan> {
        Some(gpu::cross_entropy::backward(&outs[0]))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => backward::<T>(ins, outs))
    }
}

fn forward<T: Elementary>(ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
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

/// The losses of a task's elements are written to the first cache before they are added: the compiler makes vectors of
/// a function that long only if nothing else is in its loop.
#[inline(always)]
fn summed<T: Elementary>(x: &[T], t: &[T]) -> [T; 1] {
    let mut losses = Scratch::<T>::new(x.len());
    for (loss, (&x, &t)) in losses.iter_mut().zip(x.iter().zip(t)) {
        *loss = T::softplus(x) - x * t;
    }
    sum_rows(
        std::iter::once([&losses[..]]),
        #[inline(always)]
        |[loss]| [loss],
    )
}

fn backward<T: Elementary>(ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
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
                    *dx = v * (T::sigmoid(x) - t);
                }
            },
        );
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Key;
    use crate::{Array, DType, Device};

    /// Over no element, less than a vector, and several tasks.
    #[test]
    fn agrees_with_the_definition() {
        for len in [0, 1, 37, 50_001] {
            let x: Vec<f64> = (0..len as u64).map(|i| 3.0 * Key::new(1).normal(i)).collect();
            let t: Vec<f64> = (0..len as u64).map(|i| f64::from(Key::new(2).uniform(i))).collect();
            let want: f64 = x.iter().zip(&t).map(|(x, t)| (1.0 + x.exp()).ln() - x * t).sum();
            let cpu = Device::cpu();
            let [v, x, t] =
                [&vec![0.5], &x, &t].map(|values| Array::from_slice(values, [values.len()], &cpu));
            let v = v.reshape([]);
            let sum = Array::fused(BinaryCrossEntropy, &[&x, &t], &[v.meta()]).remove(0).item().unwrap();
            assert!((sum - want).abs() <= 1e-12 * want.abs(), "{len}: {sum} instead of {want}");
            let dx = Array::fused(BinaryCrossEntropyBackward, &[&v, &x, &t], &[x.meta()]).remove(0);
            let slopes = dx.to_f64_vec().unwrap();
            let [x, t] = [x, t].map(|array| array.to_f64_vec().unwrap());
            for (slope, (x, t)) in slopes.iter().zip(x.iter().zip(&t)) {
                assert!((slope - 0.5 * (1.0 / (1.0 + (-x).exp()) - t)).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let [one, three] = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let x = Array::normal(Key::new(1), [90_000], DType::F32, &Device::cpu());
                let sum =
                    Array::fused(BinaryCrossEntropy, &[&x, &x], &[x.slice(0, 0, 1, 1).reshape([]).meta()]);
                sum[0].item().unwrap().to_bits()
            })
        });
        assert_eq!(one, three);
    }
}
