//! Stochastic gradient descent with momentum, in one pass.

use super::{check, each, plan};
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::{Float, with_float};
use crate::error::{Result, ShapeError};
use crate::gpu::{Plan, PlanError, flag};
use crate::kernel::FusedKernel;

/// `g += weight_decay·p; m = momentum·m + g; p −= lr·m`, with `g + momentum·m` in place of `m` in the
/// last step if `nesterov`. For each of any number of parameters, an input `g` and the outputs, changed in
/// place, `p` and `m`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub lr: f64,
    /// Part of the last step that is kept; in `[0, 1)`.
    pub momentum: f64,
    /// Strength of weight decay.
    pub weight_decay: f64,
    /// Whether the momentum looks ahead (Nesterov; Sutskever et al., 2013).
    pub nesterov: bool,
}

impl FusedKernel for Sgd {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        check::<2>("sgd", ins, outs)
    }

    fn in_place(&self) -> bool {
        true
    }

    fn gpu(&self, ins: &[Meta], outs: &[Meta]) -> Result<Plan, PlanError> {
        let nesterov = [flag("NESTEROV", self.nesterov)];
        let numbers = [self.lr, self.momentum, self.weight_decay];
        Ok(plan(&kiln_kernels::SGD, &nesterov, &numbers, ins, outs))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => step::<T>(self, ins, outs))
    }
}

fn step<T: Float>(options: &Sgd, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let [lr, momentum, decay] = [options.lr, options.momentum, options.weight_decay].map(T::from_f64);
    each::<T, 2>(
        ins,
        outs,
        #[inline(always)]
        move |[p, m], g| {
            for ((p, m), &g) in p.iter_mut().zip(m).zip(g) {
                let g = g + decay * *p;
                *m = momentum * *m + g;
                *p -= lr * if options.nesterov { g + momentum * *m } else { *m };
            }
        },
    )
}
