//! Parameters, modules, initialisation, losses, optimisers, and the contract of a training.
//!
//! A [`Module`] is a function with parameters; [`layers`] has those that networks are made of, [`loss`] what they are
//! trained on, [`optim`] how:
//!
//! ```
//! use kiln_grad::Tensor;
//! use kiln_nn::layers::{Activation, Linear, Sequential};
//! use kiln_nn::loss::{Reduction, mse};
//! use kiln_nn::optim::{Adam, Optimizer};
//! use kiln_nn::{Ctx, Module, TensorOptions, named_parameters};
//! use kiln_tensor::random::Key;
//!
//! let (key, options) = (Key::new(1), TensorOptions::cpu_f32());
//! let mut net = Sequential::new()
//!     .add(Linear::new(2, 8, key.purpose("hidden"), &options))
//!     .add(Activation::Tanh)
//!     .add(Linear::new(8, 1, key.purpose("out"), &options));
//! let mut adam = Adam::new(named_parameters(&mut net), 0.05);
//!
//! let x = Tensor::from([[0.0_f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
//! let xor = Tensor::from([[0.0_f32], [1.0], [1.0], [0.0]]);
//! for step in 0..200 {
//!     let y = net.forward(&x, &mut Ctx::train(key.step(step)));
//!     adam.minimize(mse(&y, &xor, Reduction::Mean));
//! }
//! let y = net.forward(&x, &mut Ctx::eval());
//! assert!(mse(&y, &xor, Reduction::Mean).item()? < 0.01);
//! # Ok::<(), kiln_grad::Error>(())
//! ```
//!
//! Whatever has named state is [`Stateful`]: one walk over it serves saving, loading, counting and comparing. A
//! [`Training`] is a model with its optimisers and losses, whose step is made of [`Phases`]; what it can be used for once
//! it's trained are its abilities ([`Generator`], [`Encoder`], [`Translator`]).

pub mod ability;
mod average;
mod batch;
mod data_info;
mod exhibit;
pub mod init;
pub mod layers;
pub mod likelihood;
pub mod loss;
mod metrics;
mod module;
pub mod optim;
mod options;
mod param;
mod phase;
pub mod safetensors;
mod state;
mod step;
mod training;

pub use ability::{
    Ability, ClassView, Classifier, Critic, Density, Encoder, Generator, Latents, PointGenerator, Translator,
};
pub use average::{start_average, update_average};
pub use batch::{Batch, Captions, Images, PixelRange};
pub use data_info::DataInfo;
pub use exhibit::Exhibit;
pub use likelihood::Likelihood;
pub use metrics::Metrics;
pub use module::{Ctx, Module};
pub use options::TensorOptions;
pub use param::{Buffer, Param};
pub use phase::{Loss, MicroBatch, Phase, Phases};
pub use state::{
    LoadError, Slot, StateDict, StateValue, StateVisitor, Stateful, labels, load, named_parameters,
    parameters, save,
};
pub use step::{StepCtx, StepError, StepOptions};
pub use training::{Better, Goal, Training};
