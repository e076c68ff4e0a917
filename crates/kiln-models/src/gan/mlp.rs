//! The GAN of dense layers.

use super::training::Game;
use crate::config::ModelError;
use kiln_nn::layers::{Activation, BatchNorm, Flatten, Linear, Reshape, Sequential};
use kiln_nn::loss::GanLoss;
use kiln_nn::{TensorOptions, Training};
use kiln_tensor::random::Key;
use serde::{Deserialize, Serialize};

/// The settings of a GAN of dense layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GanConfig {
    /// The length of the noise vector.
    pub latent: usize,
    /// The game: `non-saturating`, `minimax`, `least-squares` or `hinge`.
    pub loss: GanLoss,
    /// The learning rate of both networks.
    pub lr: f64,
    /// Adam's first decay.
    pub beta1: f64,
    /// Adam's second decay.
    pub beta2: f64,
    /// The decay of the generator's running average, which samples are made by; 0 for none.
    pub average: f64,
}

impl GanConfig {
    fn game(&self) -> Game {
        let GanConfig { latent, loss, lr, beta1, beta2, average, .. } = *self;
        Game { latent, loss, lr, betas: [beta1, beta2], average }
    }

    pub(crate) fn build(
        &self,
        shape: [usize; 3],
        key: Key,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        let game = self.game();
        game.check()?;
        let generator = || generator(self.latent, shape, key.purpose("generator"), options);
        let (g, average) = (generator(), generator());
        let d = discriminator(shape, key.purpose("discriminator"), options);
        Ok(game.training(Box::new(g), Box::new(average), Box::new(d), options))
    }
}

/// Noise `[n, latent]` to images `[n, c, h, w]` in `[-1, 1]`: latent-128-256-512-1024-pixels with batch
/// norm (but after the first layer) and leaky ReLU.
pub fn generator(latent: usize, shape: [usize; 3], key: Key, options: &TensorOptions) -> Sequential {
    let linear = |i: usize, from, to| Linear::new(from, to, key.purpose(&i.to_string()), options);
    let [c, h, w] = shape;
    let mut net = Sequential::new().add(linear(0, latent, 128)).add(Activation::LeakyRelu(0.2));
    for (i, width) in [128, 256, 512].into_iter().enumerate() {
        net = net
            .add(linear(i + 1, width, 2 * width))
            .add(BatchNorm::new(2 * width, options))
            .add(Activation::LeakyRelu(0.2));
    }
    net.add(linear(4, 1024, c * h * w)).add(Activation::Tanh).add(Reshape::new([c, h, w]))
}

/// Images `[n, c, h, w]` to logits `[n, 1]`: pixels-512-256-1 with leaky ReLU.
pub fn discriminator([c, h, w]: [usize; 3], key: Key, options: &TensorOptions) -> Sequential {
    let linear = |i: usize, from, to| Linear::new(from, to, key.purpose(&i.to_string()), options);
    Sequential::new()
        .add(Flatten)
        .add(linear(0, c * h * w, 512))
        .add(Activation::LeakyRelu(0.2))
        .add(linear(1, 512, 256))
        .add(Activation::LeakyRelu(0.2))
        .add(linear(2, 256, 1))
}
