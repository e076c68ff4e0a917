//! Adam (Kingma and Ba, 2014) and AdamW (Loshchilov and Hutter, 2017) in one pass.

use super::{check, each, overflow, plan};
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::{Float, with_float};
use crate::error::{Result, ShapeError};
use crate::gpu::{Plan, PlanError};
use crate::kernel::FusedKernel;

/// `m = beta1·m + (1 − beta1)·g; v = beta2·v + (1 − beta2)·g²;
/// p −= lr/(1 − beta1ᵗ) · m / (√v/√(1 − beta2ᵗ) + eps)`. For each of any number of parameters, an input `g`
/// and the outputs, changed in place, `p`, `m` and `v`.
///
/// A gradient whose square is infinite makes `p` NaN: a parameter that never moves again would not be noticed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Learning rate.
    pub lr: f64,
    /// Decay rate of the mean of gradients; in `[0, 1)`.
    pub beta1: f64,
    /// Decay rate of the mean of squared gradients; in `[0, 1)`.
    pub beta2: f64,
    /// Number that is added to the root, so that the division stays finite.
    pub eps: f64,
    /// Strength of weight decay.
    pub weight_decay: f64,
    /// Whether the decay acts on the parameter itself (AdamW) or is added to the gradient.
    pub decoupled: bool,
    /// Number of this step, from 1.
    pub step: u64,
}

impl FusedKernel for Adam {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        check::<3>("adam", ins, outs)
    }

    fn in_place(&self) -> bool {
        true
    }

    fn gpu(&self, ins: &[Meta], outs: &[Meta]) -> Result<Plan, PlanError> {
        Ok(plan(&kiln_kernels::ADAM, &[], &self.numbers(), ins, outs))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => step::<T>(self, ins, outs))
    }
}

impl Adam {
    /// The numbers of a step: both betas and what they leave, the rate, `1/√(1 − beta2ᵗ)`, `eps`, what is
    /// left of a parameter, and what of it is added to its gradient.
    fn numbers(&self) -> [f64; 9] {
        let Adam { lr, beta1, beta2, eps, weight_decay, decoupled, step } = *self;
        // The bias corrections are powers of the step count.
        let t = step as f64;
        let rate = lr / (1.0 - beta1.powf(t));
        let root = (1.0 - beta2.powf(t)).sqrt();
        let shrink = if decoupled { 1.0 - lr * weight_decay } else { 1.0 };
        let pull = if decoupled { 0.0 } else { weight_decay };
        [beta1, 1.0 - beta1, beta2, 1.0 - beta2, rate, 1.0 / root, eps, shrink, pull]
    }
}

fn step<T: Float>(options: &Adam, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let [b1, r1, b2, r2, rate, inv_root, eps, shrink, pull] = options.numbers().map(T::from_f64);
    each::<T, 3>(
        ins,
        outs,
        #[inline(always)]
        move |[p, m, v], g| {
            for (((p, m), v), &g) in p.iter_mut().zip(m).zip(v).zip(g) {
                let g = g + pull * *p;
                *m = b1 * *m + r1 * g;
                *v = b2 * *v + r2 * g * g;
                *p = *p * shrink - (rate * *m / (v.sqrt() * inv_root + eps) + overflow(*v));
            }
        },
    )
}
