//! Parameters, modules, initialisation, losses, optimisers, and the contract of a training.

mod average;
mod batch;
mod data_info;
mod descent;
pub mod init;
pub mod layers;
pub mod loss;
mod module;
pub mod optim;
mod options;
mod param;
pub mod safetensors;
mod state;
mod training;

pub use average::{start_average, update_average};
pub use batch::{Batch, Captions, Images, PixelRange};
pub use data_info::DataInfo;
pub use descent::{Descent, Loss, Part, StepError};
pub use module::{Ctx, Module};
pub use options::TensorOptions;
pub use param::{Buffer, Param};
pub use state::{
    LoadError, Slot, StateDict, StateValue, StateVisitor, Stateful, load, named_parameters, parameters, save,
};
pub use training::{Autoencoder, Generator, Metrics, StepCtx, Training};
