//! Stochastic gradient descent.

use super::Optimizer;
use super::group::Group;
use crate::param::{Buffer, Param};
use crate::state::{StateVisitor, Stateful};
use kiln_grad::{Array, Tensor};
use kiln_tensor::fused;

/// Stochastic gradient descent with momentum: `m ← momentum·m + g`, `p ← p − lr·m`, or with Nesterov's
/// momentum (Sutskever et al., 2013) `p ← p − lr·(g + momentum·m)`.
///
/// State: for each parameter `momentum_buffer.<name>` (m); none without momentum.
#[derive(Debug)]
pub struct Sgd {
    group: Group,
    momentum_buffer: Vec<Buffer>,
    rule: fused::Sgd,
}

impl Sgd {
    /// Without momentum and weight decay: `p ← p − lr·g`.
    ///
    /// # Panics
    /// When a parameter is given twice.
    #[track_caller]
    pub fn new(named: Vec<(String, Param)>, lr: f64) -> Self {
        let rule = fused::Sgd { lr, momentum: 0.0, weight_decay: 0.0, nesterov: false };
        Sgd { group: Group::new(named), momentum_buffer: Vec::new(), rule }
    }

    /// How much of the last step is kept.
    ///
    /// # Panics
    /// When it is outside of `[0, 1)`.
    #[must_use]
    #[track_caller]
    pub fn momentum(self, momentum: f64) -> Self {
        assert!((0.0..1.0).contains(&momentum), "Sgd: the momentum {momentum} is not in [0, 1)");
        let momentum_buffer = if momentum > 0.0 { self.group.zeros() } else { Vec::new() };
        Sgd { momentum_buffer, rule: fused::Sgd { momentum, ..self.rule }, ..self }
    }

    /// With Nesterov's momentum, which looks a step ahead.
    #[must_use]
    pub fn nesterov(self) -> Self {
        Sgd { rule: fused::Sgd { nesterov: true, ..self.rule }, ..self }
    }

    /// The strength of the pull towards 0, which is added to the gradient.
    #[must_use]
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Sgd { rule: fused::Sgd { weight_decay, ..self.rule }, ..self }
    }

    /// `p ← p − lr·(g + weight_decay·p)`, which needs no memory of earlier steps.
    fn plain(&self, p: &mut Array, gradient: Tensor) {
        let Sgd { rule: fused::Sgd { lr, weight_decay, .. }, .. } = *self;
        let g =
            if weight_decay == 0.0 { gradient } else { gradient + Tensor::from(p.clone()) * weight_decay };
        p.accumulate((g * -lr).array());
    }
}

impl Stateful for Sgd {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.group.visit(v, "momentum_buffer", &self.momentum_buffer);
    }
}

impl Optimizer for Sgd {
    fn params(&self) -> &[Param] {
        &self.group.params
    }

    fn names(&self) -> &[String] {
        &self.group.names
    }

    fn step(&mut self, gradients: Vec<Tensor>) {
        self.group.check(&gradients);
        if self.momentum_buffer.is_empty() {
            for (param, gradient) in self.group.params.iter().zip(gradients) {
                param.update(|p| self.plain(p, gradient));
            }
        } else {
            self.group.step(self.rule, &gradients, &[&self.momentum_buffer]);
        }
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
        let sgd = || Sgd::new(named([1.0, -1.0]), 0.1);
        close(&trajectory(sgd()), &[0.95, -0.8, 0.8, -0.825, 0.9, -0.825]);
        close(&trajectory(sgd().weight_decay(0.2)), &[0.93, -0.78, 0.7614, -0.7894, 0.846172, -0.773612]);
        close(
            &trajectory(sgd().momentum(0.9).weight_decay(0.2)),
            &[0.93, -0.78, 0.6984, -0.5914, 0.575992, -0.409832],
        );
        close(
            &trajectory(sgd().momentum(0.9).nesterov()),
            &[0.905, -0.62, 0.5795, -0.5055, 0.61155, -0.37995],
        );
    }

    #[test]
    fn finds_the_lowest_point() {
        let sgd = || Sgd::new(named([0.0, 0.0]), 0.05);
        assert!(distance_after(sgd(), 300) < 1e-12);
        assert!(distance_after(sgd().momentum(0.5), 300) < 1e-12);
    }
}
