//! Adam with decoupled weight decay.

use super::{Adam, Optimizer};
use crate::param::Param;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;

/// AdamW (Loshchilov and Hutter, 2017): [`Adam`], with `p ← p·(1 − lr·weight_decay)` before each step in
/// place of a term in the gradient. Its state is Adam's.
#[derive(Debug)]
pub struct AdamW(Adam);

impl AdamW {
    /// With `β = (0.9, 0.999)`, eps 1e-8 and weight decay 0.01.
    ///
    /// # Panics
    /// When a parameter is given twice.
    #[track_caller]
    pub fn new(named: Vec<(String, Param)>, lr: f64) -> Self {
        AdamW(Adam::new(named, lr).decoupled().weight_decay(0.01))
    }

    /// How slowly the means of gradients and of squares forget.
    ///
    /// # Panics
    /// When one is outside of `[0, 1)`.
    #[must_use]
    #[track_caller]
    pub fn betas(self, beta1: f64, beta2: f64) -> Self {
        AdamW(self.0.betas(beta1, beta2))
    }

    /// What keeps the division finite.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        AdamW(self.0.eps(eps))
    }

    /// The strength of the pull towards 0.
    #[must_use]
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        AdamW(self.0.weight_decay(weight_decay))
    }
}

impl Stateful for AdamW {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.0.visit(v);
    }
}

impl Optimizer for AdamW {
    fn params(&self) -> &[Param] {
        self.0.params()
    }

    fn names(&self) -> &[String] {
        self.0.names()
    }

    fn step(&mut self, gradients: Vec<Tensor>) {
        self.0.step(gradients);
    }

    fn lr(&self) -> f64 {
        self.0.lr()
    }

    fn set_lr(&mut self, lr: f64) {
        self.0.set_lr(lr);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{close, named, trajectory};
    use super::*;

    #[test]
    fn three_steps() {
        let adamw = AdamW::new(named([1.0, -1.0]), 0.1).betas(0.5, 0.9).eps(1e-3).weight_decay(0.2);
        #[rustfmt::skip]
        close(&trajectory(adamw), &[
            0.8801996007984032, -0.8800499750124937,
            0.7604650663418773, -0.8264620042783464,
            0.7517949814186942, -0.7905205896869003,
        ]);
    }
}
