//! RMSprop.

use super::Optimizer;
use super::group::Group;
use crate::param::{Buffer, Param};
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;
use kiln_tensor::fused;

/// RMSprop (Tieleman and Hinton, 2012): `s ← alpha·s + (1 − alpha)·g²`, `p ← p − lr·g / (√s + eps)`.
///
/// State: for each parameter `square_avg.<name>` (s).
#[derive(Debug)]
pub struct RmsProp {
    group: Group,
    square_avg: Vec<Buffer>,
    rule: fused::RmsProp,
}

impl RmsProp {
    /// With alpha 0.99, eps 1e-8 and no weight decay. WGAN takes `lr` 5e-5.
    ///
    /// # Panics
    /// When a parameter is given twice.
    #[track_caller]
    pub fn new(named: Vec<(String, Param)>, lr: f64) -> Self {
        let group = Group::new(named);
        let rule = fused::RmsProp { lr, alpha: 0.99, eps: 1e-8, weight_decay: 0.0 };
        RmsProp { square_avg: group.zeros(), group, rule }
    }

    /// How slowly the mean of squares forgets.
    ///
    /// # Panics
    /// When it is outside of `[0, 1)`.
    #[must_use]
    #[track_caller]
    pub fn alpha(self, alpha: f64) -> Self {
        assert!((0.0..1.0).contains(&alpha), "RmsProp: alpha {alpha} is not in [0, 1)");
        RmsProp { rule: fused::RmsProp { alpha, ..self.rule }, ..self }
    }

    /// What keeps the division finite.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        RmsProp { rule: fused::RmsProp { eps, ..self.rule }, ..self }
    }

    /// The strength of the pull towards 0, which is added to the gradient.
    #[must_use]
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        RmsProp { rule: fused::RmsProp { weight_decay, ..self.rule }, ..self }
    }
}

impl Stateful for RmsProp {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.group.visit(v, "square_avg", &self.square_avg);
    }
}

impl Optimizer for RmsProp {
    fn params(&self) -> &[Param] {
        &self.group.params
    }

    fn names(&self) -> &[String] {
        &self.group.names
    }

    fn step(&mut self, gradients: Vec<Tensor>) {
        self.group.check(&gradients);
        self.group.step(self.rule, &gradients, &[&self.square_avg]);
    }

    fn lr(&self) -> f64 {
        self.rule.lr
    }

    fn set_lr(&mut self, lr: f64) {
        self.rule.lr = lr;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{close, distance_after, named, trajectory};
    use super::*;

    #[test]
    fn three_steps() {
        let rmsprop = RmsProp::new(named([1.0, -1.0]), 0.1).alpha(0.9).eps(1e-3).weight_decay(0.2);
        #[rustfmt::skip]
        close(&trajectory(rmsprop), &[
            0.6851943808072601, -0.6842261270123501,
            0.3926830996805001, -0.701319786275448,
            0.5447884892679044, -0.6790421346420884,
        ]);
    }

    #[test]
    fn finds_the_lowest_point() {
        assert!(distance_after(RmsProp::new(named([0.0, 0.0]), 0.01), 1000) < 0.02);
    }
}
