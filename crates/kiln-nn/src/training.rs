//! The contract between a model that trains and the loop around it.

use crate::batch::{Batch, Images};
use crate::descent::{Descent, StepError};
use crate::options::TensorOptions;
use crate::state::Stateful;
use kiln_grad::{Array, Error, Tensor};
use kiln_tensor::random::Key;

/// A model with its optimisers. Its state is all that a checkpoint needs.
pub trait Training: Stateful + Send {
    /// One training step: changes parameters, optimiser state, and whatever else is state.
    ///
    /// # Errors
    /// The failure of a device, or a loss or gradient that isn't finite.
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError>;

    /// Measures on a batch that isn't trained on; `None` if the model has nothing to measure so. The
    /// metrics are means over the batch. The first says how good the model is: less is better.
    ///
    /// # Errors
    /// The failure of a device.
    fn evaluate(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Option<Metrics>, Error> {
        let _ = (batch, cx);
        Ok(None)
    }

    /// Rows of pictures that show how far training is: usually samples from fixed noise, so that
    /// pictures of different steps can be compared. `examples` are images that are not trained on.
    ///
    /// # Errors
    /// The failure of a device.
    fn sheet(&mut self, examples: &Batch, key: Key) -> Result<Images, Error>;

    /// The model as a map from latent points to images, if it is one.
    fn generator(&mut self) -> Option<&mut dyn Generator> {
        None
    }

    /// The model as a map from images to latent points and back, if it is one.
    fn autoencoder(&mut self) -> Option<&mut dyn Autoencoder> {
        None
    }
}

/// A model that makes images out of latent points, which are standard normal when it is sampled.
pub trait Generator {
    /// The length of a latent point.
    fn latent(&self) -> usize;

    /// The images of the points `z [n, latent]`. An image doesn't depend on the points beside its own.
    ///
    /// # Errors
    /// The failure of a device.
    fn generate(&mut self, z: &Tensor) -> Result<Images, Error>;

    /// What makes the images: its state, named as in PyTorch. Statistics that have to be made ready are so after
    /// [`generate`](Generator::generate).
    fn network(&mut self) -> &mut dyn Stateful;

    /// `count` images of random points; image `i` is a function of `key` and `i` alone.
    ///
    /// # Errors
    /// The failure of a device.
    fn draw(&mut self, count: usize, key: Key, options: &TensorOptions) -> Result<Images, Error> {
        let dims = [count, self.latent()];
        self.generate(&Tensor::normal(key.purpose("noise"), dims, options.dtype, &options.device))
    }
}

/// A model that finds the latent points of images.
pub trait Autoencoder: Generator {
    /// The most likely latent points `[n, latent]` of images.
    ///
    /// # Errors
    /// The failure of a device.
    fn encode(&mut self, images: &Images) -> Result<Tensor, Error>;
}

/// What a step may depend on besides the model and the batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepCtx {
    /// The number of the step, from 0.
    pub step: u64,
    /// The random numbers of this step.
    pub key: Key,
    /// How optimisers are to go down.
    pub descent: Descent,
}

impl StepCtx {
    /// Step `step` of a run with this seed, and nothing special about the descent.
    pub fn new(seed: u64, step: u64) -> Self {
        // A key has 32 bits for the step; no run comes near the end of them.
        let key = Key::new(seed).purpose("train").step(step as u32);
        StepCtx { step, key, descent: Descent::default() }
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

    /// These and then those.
    #[must_use]
    pub fn and(mut self, others: Metrics) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Each number times `factor`.
    #[must_use]
    pub(crate) fn scaled(self, factor: f64) -> Self {
        Metrics(self.0.into_iter().map(|(name, value)| (name, value * factor)).collect())
    }

    /// The sums of numbers of one name; a name that is new is added at the end.
    #[must_use]
    pub(crate) fn plus(mut self, others: Metrics) -> Self {
        for (name, value) in others.0 {
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum = &*sum + value,
                None => self.0.push((name, value)),
            }
        }
        self
    }

    /// The numbers, in the order in which they were added.
    ///
    /// # Errors
    /// The failure of a device.
    pub fn read(&self) -> Result<Vec<(&'static str, f64)>, Error> {
        let arrays: Vec<&Array> = self.0.iter().map(|(_, value)| value.array()).collect();
        let values = Array::items(&arrays)?;
        Ok(self.0.iter().map(|(name, _)| *name).zip(values).collect())
    }
}
