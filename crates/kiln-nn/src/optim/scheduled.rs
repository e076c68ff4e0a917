//! An optimiser with a schedule and a bound on its gradients.

use super::{Optimizer, Schedule};
use crate::param::Param;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;

/// An optimiser whose learning rate follows a [`Schedule`], and whose gradients are bounded, where a
/// [phase](crate::Phase) makes its steps. Its state is that of the optimiser.
pub struct Scheduled {
    optimizer: Box<dyn Optimizer>,
    schedule: Schedule,
    warmup: u64,
    clip_norm: Option<f64>,
}

impl Scheduled {
    /// The optimiser as it is: a constant rate, and no bound.
    pub fn new(optimizer: Box<dyn Optimizer>) -> Self {
        Scheduled { optimizer, schedule: Schedule::Constant, warmup: 0, clip_norm: None }
    }

    /// With a course of the learning rate, which rises over the first `warmup` steps.
    #[must_use]
    pub fn schedule(self, schedule: Schedule, warmup: u64) -> Self {
        Scheduled { schedule, warmup, ..self }
    }

    /// With a largest [norm](Optimizer::clip_norm) of a step's gradients.
    ///
    /// # Panics
    /// When it isn't above 0.
    #[must_use]
    #[track_caller]
    pub fn bounded(self, clip_norm: f64) -> Self {
        assert!(clip_norm > 0.0, "Scheduled: the bound {clip_norm} is not above 0");
        Scheduled { clip_norm: Some(clip_norm), ..self }
    }
}

impl Stateful for Scheduled {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.optimizer.visit(v);
    }
}

impl Optimizer for Scheduled {
    fn params(&self) -> &[Param] {
        self.optimizer.params()
    }

    fn names(&self) -> &[String] {
        self.optimizer.names()
    }

    fn step(&mut self, gradients: Vec<Tensor>) {
        self.optimizer.step(gradients);
    }

    fn lr(&self) -> f64 {
        self.optimizer.lr()
    }

    fn set_lr(&mut self, lr: f64) {
        self.optimizer.set_lr(lr);
    }

    fn lr_factor(&self, step: u64, steps: u64) -> f64 {
        self.schedule.factor(step, steps, self.warmup)
    }

    fn clip_norm(&self) -> Option<f64> {
        self.clip_norm
    }
}
