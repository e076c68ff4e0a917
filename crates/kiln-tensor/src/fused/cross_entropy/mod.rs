//! Binary cross-entropy of logits, summed, and its derivative.

mod cpu;
mod gpu;

use super::check_dims;
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::with_float;
use crate::error::{Result, ShapeError};
use crate::gpu::{Plan, PlanError};
use crate::kernel::FusedKernel;

/// `Σ softplus(x) − x·t` over all elements, in one pass: the cross-entropy of logits `x` against targets `t`, to the last digits
/// also where a confident logit is right. The inputs have the same dims, the output has no axes.
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

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        Ok(gpu::forward(&ins[0]))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => cpu::forward::<T>(ins, outs))
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

    fn gpu(&self, _: &[Meta], outs: &[Meta]) -> Result<Plan, PlanError> {
        Ok(gpu::backward(&outs[0]))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => cpu::backward::<T>(ins, outs))
    }
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

    /// Logits that are right and sure of it: `ln(1 + e^−|x|)` by mpmath, and its slope. A difference would leave no digit.
    #[test]
    fn confident_logits_that_are_right_keep_their_digits() {
        let (loss, slope) = (BinaryCrossEntropy, BinaryCrossEntropyBackward);
        let golden = [
            (10.0, 4.539_889_921_686_465e-5, 4.539_786_870_243_439_5e-5),
            (12.0, 6.144_193_477_732_805e-6, 6.144_174_602_214_718e-6),
            (15.0, 3.059_022_737_137_205e-7, 3.059_022_269_256_247e-7),
            (30.0, 9.357_622_968_839_737e-14, 9.357_622_968_839_299e-14),
            (f64::INFINITY, 0.0, 0.0),
        ];
        for dtype in [DType::F32, DType::F64] {
            let number = |x: f64| Array::from_f64(&[x], [1], dtype, &Device::cpu());
            let v = number(1.0).reshape([]);
            let most = if dtype == DType::F32 { 4e-7 } else { 1e-15 };
            for (x, want, want_slope) in golden {
                for (x, t, sign) in [(x, 1.0, -1.0), (-x, 0.0, 1.0)] {
                    let (x, t) = (number(x), number(t));
                    let have = Array::fused(loss, &[&x, &t], &[v.meta()]).remove(0).item().unwrap();
                    assert!((have - want).abs() <= most * want, "{dtype}: {have:e} instead of {want:e}");
                    let have = Array::fused(slope, &[&v, &x, &t], &[x.meta()]).remove(0).item().unwrap();
                    let want = sign * want_slope;
                    assert!(
                        (have - want).abs() <= most * want.abs(),
                        "{dtype}: {have:e} instead of {want:e}"
                    );
                }
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
