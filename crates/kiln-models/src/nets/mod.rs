//! Networks, one a file: shapes beside layers, no settings, no losses.

pub mod conv_autoencoder;
pub mod dcgan;
pub mod dncnn;
pub mod mlp;
pub mod mlp_autoencoder;

use kiln_grad::Tensor;
use kiln_nn::layers::{BatchNorm, InstanceNorm, Sequential};
use kiln_nn::{Ctx, Module, Stateful, TensorOptions};
use serde::Deserialize;

/// A network from images to logits that shows the features its last layer looks at.
pub trait Discriminator: Module {
    /// Number of channels of the features.
    fn channels(&self) -> usize;

    /// Features of images, `[n, channels]` or `[n, channels, h, w]`: all layers but the last.
    fn features(&self, x: &Tensor, cx: &mut Ctx) -> Tensor;

    /// Logits `[n, 1]` of features: the last layer.
    fn head(&self, features: &Tensor, cx: &mut Ctx) -> Tensor;
}

/// The two halves of an autoencoder whose codes are Gaussian.
pub trait Autoencoder: Stateful + Send {
    /// Mean and logarithm of the variance of `q(z|x)`, each `[n, latent]`, for images in `[0, 1]`.
    fn encode(&self, x: &Tensor, cx: &mut Ctx) -> (Tensor, Tensor);

    /// Logits of `p(x|z)`, with the dims of the images, for `z [n, latent]`.
    fn decode(&self, z: &Tensor, cx: &mut Ctx) -> Tensor;
}

/// Normalisation between a convolution and its activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NormKind {
    /// None.
    None,
    /// Batch norm (Ioffe and Szegedy, 2015), which mixes the samples of a batch.
    Batch,
    /// Instance norm (Ulyanov et al., 2016) with weight and bias, each sample by itself.
    Instance,
}

impl NormKind {
    /// The layers with this norm behind them.
    pub(crate) fn add_to(self, layers: Sequential, channels: usize, options: &TensorOptions) -> Sequential {
        match self {
            NormKind::None => layers,
            NormKind::Batch => layers.add(BatchNorm::new(channels, options)),
            NormKind::Instance => layers.add(InstanceNorm::affine(channels, options)),
        }
    }
}
