//! Optimisers, one file each.
//!
//! An optimiser is made for named parameters and steps exactly these, so that two networks that train
//! against each other have one each:
//!
//! ```
//! use kiln_nn::layers::Linear;
//! use kiln_nn::optim::{Adam, Optimizer};
//! use kiln_nn::{Ctx, Module, TensorOptions, named_parameters};
//! use kiln_tensor::random::Key;
//!
//! let options = TensorOptions::cpu_f32();
//! let mut net = Linear::new(2, 1, Key::new(1), &options);
//! let mut adam = Adam::new(named_parameters(&mut net), 2e-4).betas(0.5, 0.999);
//! let loss = net.forward(&options.ones([4, 2]), &mut Ctx::eval()).square().mean(..);
//! adam.minimize(loss);
//! ```
//!
//! Its state (moments, step count) is named after the parameters, as `exp_avg.main.0.weight`. The learning
//! rate is not part of it: a [`Schedule`] changes it for each step.

mod adam;
mod adamw;
mod clip;
mod group;
mod rmsprop;
mod schedule;
mod scheduled;
mod settings;
mod sgd;
#[cfg(test)]
mod testing;

pub use adam::Adam;
pub use adamw::AdamW;
pub(crate) use clip::{bound, norm};
pub use clip::{clip_grad_norm, clip_weights};
pub use rmsprop::RmsProp;
pub use schedule::Schedule;
pub use scheduled::Scheduled;
pub use settings::{OptimizerSettings, SettingError};
pub use sgd::Sgd;

use crate::param::Param;
use crate::state::Stateful;
use kiln_grad::{Tensor, try_grad_allow_unused};

/// A rule that changes parameters by their gradients.
pub trait Optimizer: Stateful + Send {
    /// The parameters it changes.
    fn params(&self) -> &[Param];

    /// Their names, in the same order.
    fn names(&self) -> &[String];

    /// Changes the parameters by their gradients, given in the order of [`params`](Optimizer::params).
    ///
    /// Values are changed in place where nobody else holds them, else in a copy, which the device counts
    /// ([`Device::copy_on_write_count`](kiln_grad::Device::copy_on_write_count)).
    ///
    /// # Panics
    /// When a gradient is missing or too much, or differs from its parameter in dims or element type.
    #[track_caller]
    fn step(&mut self, gradients: Vec<Tensor>);

    /// The learning rate.
    fn lr(&self) -> f64;

    /// Changes the learning rate.
    fn set_lr(&mut self, lr: f64);

    /// The gradients of `loss`, one number, for these parameters and no others, in their order; `None` for those
    /// it doesn't depend on. The graph behind the loss is dropped on the way.
    ///
    /// # Panics
    /// When the loss isn't one number, or isn't computed from anything tracked.
    #[track_caller]
    fn gradients(&self, loss: Tensor) -> Vec<Option<Tensor>> {
        let tensors: Vec<Tensor> = self.params().iter().map(Param::tensor).collect();
        let wanted: Vec<&Tensor> = tensors.iter().collect();
        match try_grad_allow_unused(loss, &wanted) {
            Ok(gradients) => gradients,
            Err(error) => panic!("minimize: {error}"),
        }
    }

    /// Factor of the learning rate at `step` of `steps`: that of a [schedule](Scheduled), if the optimiser has one.
    fn lr_factor(&self, step: u64, steps: u64) -> f64 {
        let _ = (step, steps);
        1.0
    }

    /// Largest norm that the gradients of a step may have, all of them taken together; longer ones are scaled down
    /// to it (Pascanu et al., 2013).
    fn clip_norm(&self) -> Option<f64> {
        None
    }

    /// One step down the gradient of `loss`.
    ///
    /// The parameters are changed in place if the graph that is handed over here was the last to hold
    /// their values; so drop other tensors made with them first, such as the images of a generator.
    ///
    /// # Panics
    /// Where [`gradients`](Optimizer::gradients) does, and when the loss doesn't depend on a parameter: the message
    /// names it.
    #[track_caller]
    fn minimize(&mut self, loss: Tensor) {
        let mut gradients = Vec::with_capacity(self.params().len());
        for (gradient, name) in self.gradients(loss).into_iter().zip(self.names()) {
            let Some(gradient) = gradient else {
                panic!("minimize: no gradient for the parameter {name}: the loss doesn't depend on it")
            };
            gradients.push(gradient);
        }
        self.step(gradients);
    }
}
