//! A tensor engine written from scratch, with automatic differentiation whose every derivative can be
//! differentiated again, and generative image models trained on it.
//!
//! This crate joins the others under one name, a module each. [`tensor`], [`grad`] and [`nn`] are always there; the
//! rest comes with a feature each, and by default all of it does:
//!
//! | feature | modules |
//! |---|---|
//! | `models` | [`data`], [`models`], [`metrics`], [`train`] |
//! | `check` | [`check`] |
//! | `onnx` | [`onnx`] |
//! | `report` | [`report`] |
//! | `gpu` | `gpu` |
//! | `cli` | all but `gpu`, and the command `kiln` |
//!
//! A program that only trains networks is built fastest with `default-features = false` and what it needs. What most
//! programs need is in [`prelude`].
//!
//! The gradient of a function, and the derivative of that:
//!
//! ```
//! use kiln::prelude::*;
//!
//! let x = Tensor::from([1.0, 2.0, 3.0]).tracked();
//! let y = x.pow_scalar(3.0).sum(..);
//! let gradient = grad_recorded(y, &[&x]).remove(0);
//! assert_eq!(gradient.to_f64_vec()?, [3.0, 12.0, 27.0]);
//!
//! // How fast the squared length of the gradient changes with x: 36x³.
//! let second = grad(gradient.square().sum(..), &[&x]).remove(0);
//! assert_eq!(second.to_f64_vec()?, [36.0, 288.0, 972.0]);
//! # Ok::<(), kiln::grad::Error>(())
//! ```
//!
//! A step of training, from the digits to the loss:
//!
//! ```
//! # #[cfg(feature = "models")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use kiln::data::{Sampler, batch, glyphs};
//! use kiln::nn::{layers::Linear, loss, optim::{Adam, Optimizer}};
//! use kiln::prelude::*;
//! use std::sync::Arc;
//!
//! let options = TensorOptions::cpu_f32();
//! let digits = Arc::new(glyphs::dataset(1, 64));
//! let mut sampler = Sampler::new(digits.clone(), 32, 1)?;
//! let mut net = Linear::new(784, 10, Key::new(1), &options);
//! let mut adam = Adam::new(named_parameters(&mut net), 1e-3);
//!
//! let batch = batch(&digits, sampler.next_indices(), &options)?;
//! let logits = net.forward(&batch.images().unit().flatten(1), &mut Ctx::eval());
//! let loss = loss::cross_entropy(&logits, &batch.labels.ok_or("glyphs have labels")?);
//! adam.minimize(loss);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "models"))]
//! # fn main() {}
//! ```

#[cfg(feature = "check")]
pub use kiln_check as check;
#[cfg(feature = "models")]
pub use kiln_data as data;
#[cfg(feature = "gpu")]
pub use kiln_gpu as gpu;
pub use kiln_grad as grad;
#[cfg(feature = "models")]
pub use kiln_metrics as metrics;
#[cfg(feature = "models")]
pub use kiln_models as models;
pub use kiln_nn as nn;
#[cfg(feature = "onnx")]
pub use kiln_onnx as onnx;
#[cfg(feature = "report")]
pub use kiln_report as report;
pub use kiln_tensor as tensor;
#[cfg(feature = "models")]
pub use kiln_train as train;

/// What most programs need.
pub mod prelude {
    pub use kiln_grad::{
        Array, Axes, Conv, DType, Device, Dims, Tensor, Window, grad, grad_recorded, hvp, jvp, no_grad,
        scope, vjp, vjp_recorded,
    };
    pub use kiln_nn::{
        Batch, Buffer, Ctx, Exhibit, Images, Metrics, Module, Param, PixelRange, StateVisitor, Stateful,
        StepCtx, TensorOptions, Training, named_parameters, parameters,
    };
    pub use kiln_tensor::random::Key;
}
