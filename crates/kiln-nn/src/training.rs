//! The contract between a model that trains and the loop around it.

use crate::batch::{Batch, Images};
use crate::state::Stateful;
use kiln_grad::{Error, Tensor};
use kiln_tensor::random::Key;

/// A model with its optimisers. Its state is all that a checkpoint needs.
pub trait Training: Stateful + Send {
    /// One training step: changes parameters, optimiser state, and whatever else is state.
    ///
    /// # Errors
    /// The failure of a device.
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, Error>;

    /// Measures on a batch that isn't trained on; `None` if the model has nothing to measure so. The
    /// metrics are means over the batch.
    ///
    /// # Errors
    /// The failure of a device.
    fn evaluate(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Option<Metrics>, Error> {
        let _ = (batch, cx);
        Ok(None)
    }

    /// `count` new images; image `i` is a function of `key` and `i` alone.
    ///
    /// # Errors
    /// The failure of a device.
    fn sample(&mut self, count: usize, key: Key) -> Result<Images, Error>;

    /// Rows of pictures that show how far training is: usually samples from fixed noise, so that
    /// pictures of different steps can be compared. `examples` are images that are not trained on.
    ///
    /// # Errors
    /// The failure of a device.
    fn sheet(&mut self, examples: &Batch, key: Key) -> Result<Images, Error>;
}

/// What a step may depend on besides the model and the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepCtx {
    /// The number of the step, from 0.
    pub step: u64,
    /// The random numbers of this step.
    pub key: Key,
}

impl StepCtx {
    /// Step `step` of a run with this seed.
    pub fn new(seed: u64, step: u64) -> Self {
        // A key has 32 bits for the step; no run comes near the end of them.
        StepCtx { step, key: Key::new(seed).purpose("train").step(step as u32) }
    }
}

/// Named numbers that a step reports. They stay on the device until somebody looks.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Vec<(&'static str, Tensor)>);

impl Metrics {
    /// No numbers yet.
    pub fn new() -> Self {
        Metrics::default()
    }

    /// With one more number: a tensor of one element, cut off from its graph.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, name: &'static str, value: &Tensor) -> Self {
        self.0.push((name, value.detach()));
        self
    }

    /// The numbers, in the order in which they were added.
    ///
    /// # Errors
    /// The failure of a device.
    pub fn read(&self) -> Result<Vec<(&'static str, f64)>, Error> {
        self.0.iter().map(|(name, value)| Ok((*name, value.item()?))).collect()
    }
}
