//! Parameters, modules, initialisation, losses, optimisers, and the contract of a training.

pub mod ability;
mod average;
mod batch;
mod data_info;
mod exhibit;
pub mod init;
pub mod layers;
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

pub use ability::{Ability, Encoder, Generator, Translator};
pub use average::{start_average, update_average};
pub use batch::{Batch, Captions, Images, PixelRange};
pub use data_info::DataInfo;
pub use exhibit::Exhibit;
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
