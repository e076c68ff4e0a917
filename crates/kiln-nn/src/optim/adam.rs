//! Adam.

use super::Optimizer;
use super::group::Group;
use crate::param::{Buffer, Param};
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;
use kiln_tensor::fused;

/// Adam (Kingma and Ba, 2014): `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`,
/// `p ← p − lr · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + eps)`.
///
/// State: `step`, and for each parameter `exp_avg.<name>` (m) and `exp_avg_sq.<name>` (v).
#[derive(Debug)]
pub struct Adam {
    group: Group,
    exp_avg: Vec<Buffer>,
    exp_avg_sq: Vec<Buffer>,
    /// `step` here counts the steps so far.
    rule: fused::Adam,
}

impl Adam {
    /// With `β = (0.9, 0.999)`, eps 1e-8 and no weight decay.
    ///
    /// # Panics
    /// When a parameter is given twice.
    #[track_caller]
    pub fn new(named: Vec<(String, Param)>, lr: f64) -> Self {
        let group = Group::new(named);
        let rule = fused::Adam {
            lr,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.0,
            decoupled: false,
            step: 0,
        };
        Adam { exp_avg: group.zeros(), exp_avg_sq: group.zeros(), group, rule }
    }

    /// How slowly the means of gradients and of squares forget; both in `[0, 1)`. GANs take (0.5, 0.999).
    ///
    /// # Panics
    /// When one is outside of `[0, 1)`.
    #[must_use]
    #[track_caller]
    pub fn betas(self, beta1: f64, beta2: f64) -> Self {
        let fits = |beta| (0.0..1.0).contains(&beta);
        assert!(fits(beta1) && fits(beta2), "Adam: the betas {beta1} and {beta2} are not both in [0, 1)");
        Adam { rule: fused::Adam { beta1, beta2, ..self.rule }, ..self }
    }

    /// What keeps the division finite.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        Adam { rule: fused::Adam { eps, ..self.rule }, ..self }
    }

    /// The strength of the pull towards 0, which is added to the gradient.
    #[must_use]
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Adam { rule: fused::Adam { weight_decay, ..self.rule }, ..self }
    }

    /// With the pull on the parameter itself.
    pub(super) fn decoupled(self) -> Self {
        Adam { rule: fused::Adam { decoupled: true, ..self.rule }, ..self }
    }
}

impl Stateful for Adam {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.count("step", &mut self.rule.step);
        self.group.visit(v, "exp_avg", &self.exp_avg);
        self.group.visit(v, "exp_avg_sq", &self.exp_avg_sq);
    }
}

impl Optimizer for Adam {
    fn params(&self) -> &[Param] {
        &self.group.params
    }

    fn names(&self) -> &[String] {
        &self.group.names
    }

    fn step(&mut self, gradients: Vec<Tensor>) {
        self.group.check(&gradients);
        self.rule.step += 1;
        self.group.step(self.rule, &gradients, &[&self.exp_avg, &self.exp_avg_sq]);
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
    use kiln_grad::{DType, Device};
    use kiln_tensor::random::Key;

    /// Worked out from the paper's update outside of this crate.
    #[test]
    fn three_steps() {
        let adam = || Adam::new(named([1.0, -1.0]), 0.1).betas(0.5, 0.9).eps(1e-3);
        #[rustfmt::skip]
        close(&trajectory(adam()), &[
            0.9001996007984032, -0.9000499750124937,
            0.7980690583578454, -0.8640630037785962,
            0.8046082747614998, -0.8446508292727171,
        ]);
        #[rustfmt::skip]
        close(&trajectory(adam().weight_decay(0.2)), &[
            0.9001426533523538, -0.9000454338936846,
            0.7969580494743732, -0.8547502499712244,
            0.788370723873529, -0.8223265598314051,
        ]);
    }

    /// Parameters of all sizes in one pass are changed as each would be alone, bit for bit.
    #[test]
    fn one_pass_over_all_parameters() {
        let sizes = [3, 40_000, 0, 1, 16_385];
        let numbers =
            |salt: u64, size: usize| Tensor::normal(Key::new(salt), [size], DType::F32, &Device::cpu());
        let named = |size: usize| (size.to_string(), Param::new(numbers(1, size)));
        let gradient = |size: usize| numbers(2, size);
        let values = |adam: &Adam| -> Vec<u64> {
            let values = adam.params().iter().flat_map(|p| p.tensor().to_f64_vec().unwrap());
            values.map(f64::to_bits).collect()
        };
        let mut together = Adam::new(sizes.map(named).to_vec(), 0.1).weight_decay(0.1);
        (0..2).for_each(|_| together.step(sizes.map(gradient).to_vec()));
        let alone = sizes.map(|size| {
            let mut adam = Adam::new(vec![named(size)], 0.1).weight_decay(0.1);
            (0..2).for_each(|_| adam.step(vec![gradient(size)]));
            values(&adam)
        });
        assert_eq!(values(&together), alone.concat());
    }

    #[test]
    #[should_panic(expected = "one parameter twice, as a and as b")]
    fn a_parameter_is_given_once() {
        let param = Param::new([1.0]);
        let _ = Adam::new(vec![("a".to_string(), param.clone()), ("b".to_string(), param)], 0.1);
    }

    #[test]
    fn finds_the_lowest_point() {
        assert!(distance_after(Adam::new(named([0.0, 0.0]), 0.1), 500) < 1e-6);
    }
}
