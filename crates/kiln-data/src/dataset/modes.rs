//! The kinds of samples that a data set is known to be made of, so that it can be counted which of them a model makes.

use std::sync::Arc;

use super::Dataset;

/// What tells the modes of a distribution apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Modes {
    /// Gaussians of one deviation around some middles.
    Mixture {
        /// The middles, of as many coordinates as the points.
        middles: Vec<Vec<f64>>,
        /// Standard deviation along each axis.
        deviation: f64,
    },
    /// The classes that the channels of an image are of, one after the other: of `d` channels there are `classes` to the power of `d` modes,
    /// numbered as by digits, that of the first channel first.
    Channels {
        /// Number of classes of a channel.
        classes: usize,
    },
}

impl Dataset {
    /// The same with what tells its modes apart.
    #[must_use]
    pub fn with_modes(self, modes: Modes) -> Self {
        Dataset { modes: Some(Arc::new(modes)), ..self }
    }

    /// What tells the modes of the distribution apart, where that is known.
    pub fn modes(&self) -> Option<&Modes> {
        self.modes.as_deref()
    }
}
