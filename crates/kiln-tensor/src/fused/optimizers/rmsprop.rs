//! RMSprop (Tieleman and Hinton, 2012) in one pass.

use super::{check, each, overflow, plan};
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::{Float, with_float};
use crate::error::{Result, ShapeError};
use crate::gpu::{Plan, PlanError};
use crate::kernel::FusedKernel;

/// `g += weight_decay·p; s = alpha·s + (1 − alpha)·g²; p −= lr·g/(√s + eps)`. For each of any
/// number of parameters, an input `g` and the outputs, changed in place, `p` and `s`.
///
/// A gradient whose square is infinite makes `p` NaN: a parameter that never moves again would not be noticed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp {
    /// Learning rate.
    pub lr: f64,
    /// Decay rate of the mean of squared gradients; in `[0, 1)`.
    pub alpha: f64,
    /// Number that is added to the root, so that the division stays finite.
    pub eps: f64,
    /// Strength of weight decay.
    pub weight_decay: f64,
}

impl FusedKernel for RmsProp {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        check::<2>("rmsprop", ins, outs)
    }

    fn in_place(&self) -> bool {
        true
    }

    fn gpu(&self, ins: &[Meta], outs: &[Meta]) -> Result<Plan, PlanError> {
        Ok(plan(&kiln_kernels::RMSPROP, &[], &self.numbers(), ins, outs))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => step::<T>(self, ins, outs))
    }
}

impl RmsProp {
    /// The numbers of a step: the rate, `alpha` and what it leaves, `eps`, and the decay.
    fn numbers(&self) -> [f64; 5] {
        [self.lr, self.alpha, 1.0 - self.alpha, self.eps, self.weight_decay]
    }
}

fn step<T: Float>(options: &RmsProp, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let [lr, alpha, rest, eps, decay] = options.numbers().map(T::from_f64);
    each::<T, 2>(
        ins,
        outs,
        #[inline(always)]
        move |[p, s], g| {
            for ((p, s), &g) in p.iter_mut().zip(s).zip(g) {
                let g = g + decay * *p;
                *s = alpha * *s + rest * g * g;
                *p -= lr * g / (s.sqrt() + eps) + overflow(*s);
            }
        },
    )
}
