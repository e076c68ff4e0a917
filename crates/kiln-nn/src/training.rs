//! The contract between a model that trains and the loop around it.

use crate::ability::{Classifier, Critic, Density, Encoder, Generator, PointGenerator, Translator};
use crate::batch::Batch;
use crate::exhibit::Exhibit;
use crate::metrics::Metrics;
use crate::state::Stateful;
use crate::step::{StepCtx, StepError};
use kiln_grad::Error;
use kiln_tensor::random::Key;

/// Number of samples that an exhibit of a generator shows, and how many a row.
const SAMPLES: usize = 64;
const COLUMNS: usize = 8;

/// A model with its optimisers. Its state is all that a checkpoint needs.
pub trait Training: Stateful + Send {
    /// One training step: changes parameters, optimiser state, and whatever else is state. Usually some
    /// [phases](StepCtx::phases).
    ///
    /// # Errors
    /// The failure of a device, or a loss or gradient that isn't finite.
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError>;

    /// Measures on a batch that isn't trained on, means over its samples; `None` if the model has nothing to measure
    /// so.
    ///
    /// # Errors
    /// The failure of a device.
    fn evaluate(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Option<Metrics>, Error> {
        let _ = (batch, cx);
        Ok(None)
    }

    /// The measure by which one state of the model is better than another, among those of
    /// [`evaluate`](Training::evaluate).
    fn goal(&self) -> Option<Goal> {
        None
    }

    /// Pictures and texts that show how far training is. `examples` are samples that are not trained on. A model that
    /// [generates](Training::generator) shows images of fixed noise unless it says otherwise, one that
    /// [translates](Training::translator) images above their translations.
    ///
    /// # Errors
    /// The failure of a device.
    fn exhibit(&mut self, examples: &Batch, key: Key) -> Result<Exhibit, Error> {
        if let Some(generator) = self.generator() {
            return Ok(Exhibit::grid(&generator.draw(SAMPLES, key, None)?, COLUMNS, "samples"));
        }
        if let (Some(translator), Some(images)) = (self.translator(), &examples.images) {
            let translated = translator.translate(images)?;
            return Ok(Exhibit::pairs(images, &translated, COLUMNS, "images above their translations"));
        }
        Ok(Exhibit::default())
    }

    /// The model as a map from latent points to images, if it is one.
    fn generator(&mut self) -> Option<&mut dyn Generator> {
        None
    }

    /// The model as a map from latent points to points of data, if it is one.
    fn point_generator(&mut self) -> Option<&mut dyn PointGenerator> {
        None
    }

    /// The model as a map from images to codes and back, if it is one.
    fn encoder(&mut self) -> Option<&mut dyn Encoder> {
        None
    }

    /// The model as a distribution of images, if it says how likely they are.
    fn density(&mut self) -> Option<&mut dyn Density> {
        None
    }

    /// The model as a judge of images, if it has one.
    fn critic(&mut self) -> Option<&mut dyn Critic> {
        None
    }

    /// The model as a map from images to their classes, if it is one.
    fn classifier(&mut self) -> Option<&mut dyn Classifier> {
        None
    }

    /// The model as a map from images to images, if it is one.
    fn translator(&mut self) -> Option<&mut dyn Translator> {
        None
    }
}

/// A measure, and which way it gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Name of the measure.
    pub measure: &'static str,
    /// The better of two values.
    pub better: Better,
}

impl Goal {
    /// A measure that is better when it is less.
    pub const fn least(measure: &'static str) -> Goal {
        Goal { measure, better: Better::Less }
    }

    /// A measure that is better when it is more.
    pub const fn most(measure: &'static str) -> Goal {
        Goal { measure, better: Better::More }
    }
}

/// Which of two values is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The smaller one, as of an error.
    Less,
    /// The larger one, as of a score.
    More,
}

impl Better {
    /// Whether the first value is better than the second.
    pub fn of(self, value: f64, other: f64) -> bool {
        match self {
            Better::Less => value < other,
            Better::More => value > other,
        }
    }
}
