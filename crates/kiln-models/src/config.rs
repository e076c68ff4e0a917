//! The settings of all models, and building a model from them.

use crate::gan::{DcganConfig, GanConfig};
use crate::vae::{VaeConfig, VaeConvConfig};
use kiln_nn::{TensorOptions, Training};
use kiln_tensor::random::Key;
use serde::{Deserialize, Serialize};

/// The settings of a model: the `[model]` table of a recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "family", rename_all = "kebab-case")]
pub enum ModelConfig {
    /// A VAE of dense layers.
    Vae(VaeConfig),
    /// A VAE with convolutions.
    VaeConv(VaeConvConfig),
    /// A GAN of dense layers.
    Gan(GanConfig),
    /// A GAN of convolutions.
    Dcgan(DcganConfig),
}

/// Why a model can't be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A setting has a value that makes no sense.
    #[error("`{name}` is {value}; it must be {wanted}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What it must be.
        wanted: &'static str,
    },
    /// A setting has a value that this model can't be trained with.
    #[error("`{name}` is {value}, but {reason}; choose {instead}")]
    Choice {
        /// The setting.
        name: &'static str,
        /// What it is.
        value: &'static str,
        /// Why not.
        reason: &'static str,
        /// What to choose instead.
        instead: &'static str,
    },
    /// The network can't make images of this size.
    #[error("{model} makes images of {sizes} pixels, not {height}x{width}; choose one with {option}")]
    Size {
        /// The model.
        model: &'static str,
        /// The sizes it can make.
        sizes: &'static str,
        /// The height of the data.
        height: usize,
        /// The width of the data.
        width: usize,
        /// The option that sets it.
        option: &'static str,
    },
}

impl ModelConfig {
    /// The `[channels, height, width]` of the images the model takes and makes, for data of this shape.
    ///
    /// # Errors
    /// When the model can't make images for such data.
    pub fn image_shape(&self, data: [usize; 3]) -> Result<[usize; 3], ModelError> {
        match self {
            ModelConfig::Vae(_) | ModelConfig::Gan(_) => Ok(data),
            ModelConfig::VaeConv(_) => crate::vae::conv_image_shape(data),
            ModelConfig::Dcgan(config) => config.image_shape(data),
        }
    }

    /// Fails unless a batch of this size, computed in so many parts, is large enough to train on.
    ///
    /// # Errors
    /// When batch norm would see a single number a channel, whose variance says nothing.
    pub fn check_batch(&self, batch_size: usize, parts: usize) -> Result<(), ModelError> {
        // The norms of the other models have pixels to look at too.
        let enough = !matches!(self, ModelConfig::Gan(_)) || batch_size >= parts.saturating_mul(2);
        let wanted = "at least 2 a part (accumulate), because batch norm compares samples";
        check(enough, "batch_size", batch_size as f64, wanted)
    }

    /// The model with fresh parameters, for images of `shape` `[channels, height, width]`, which is what
    /// [`image_shape`](Self::image_shape) gave.
    ///
    /// # Errors
    /// When a setting makes no sense or the model can't make such images.
    pub fn build(
        &self,
        shape: [usize; 3],
        seed: u64,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        let key = Key::new(seed).purpose("init");
        match self {
            ModelConfig::Vae(config) => config.build(shape, key, options),
            ModelConfig::VaeConv(config) => config.build(shape, key, options),
            ModelConfig::Gan(config) => config.build(shape, key, options),
            ModelConfig::Dcgan(config) => config.build(shape, key, options),
        }
    }
}

/// Fails unless the number is finite and above 0.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<(), ModelError> {
    check(value.is_finite() && value > 0.0, name, value, "a number above 0")
}

/// Fails unless the count is between 1 and a size that no network here comes near.
pub(crate) fn count(name: &'static str, value: usize) -> Result<(), ModelError> {
    check((1..=65_536).contains(&value), name, value as f64, "a whole number from 1 to 65536")
}

/// Fails unless the number is in `[0, 1)`.
pub(crate) fn fraction(name: &'static str, value: f64) -> Result<(), ModelError> {
    check((0.0..1.0).contains(&value), name, value, "at least 0 and below 1")
}

/// Fails unless the number is finite and not below 0.
pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<(), ModelError> {
    check(value.is_finite() && value >= 0.0, name, value, "at least 0")
}

fn check(ok: bool, name: &'static str, value: f64, wanted: &'static str) -> Result<(), ModelError> {
    if ok { Ok(()) } else { Err(ModelError::Setting { name, value, wanted }) }
}
