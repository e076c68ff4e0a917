//! Networks, one a file: shapes beside layers, no settings, no losses.

pub mod burgess_autoencoder;
pub mod conv_autoencoder;
pub mod dcgan;
pub mod dncnn;
pub mod growing;
pub mod mlp;
pub mod mlp_autoencoder;
pub mod points;
pub mod r3gan;
pub mod resnet;
pub mod style;
pub mod vgg;

use kiln_grad::Tensor;
use kiln_nn::layers::{
    BatchNorm, ConditionalBatchNorm, Conv2d, ConvTranspose2d, InstanceNorm, Linear, Sequential,
};
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

/// What a generator's body may have besides its layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GeneratorParts {
    /// Number of classes whose scales and shifts its batch norms have; 0 for those of no class.
    pub norm_classes: usize,
    /// Whether weights are divided by their [spectral norm](kiln_nn::layers::SpectralNorm).
    pub spectral: bool,
    /// Side of the maps that a [`SelfAttention`](crate::blocks::SelfAttention) looks at.
    pub attention: Option<usize>,
}

impl GeneratorParts {
    /// The layers with a batch norm behind them.
    fn add_norm(self, layers: Sequential, channels: usize, options: &TensorOptions) -> Sequential {
        match self.norm_classes {
            0 => layers.add(BatchNorm::new(channels, options)),
            classes => layers.add(ConditionalBatchNorm::new(classes, channels, options)),
        }
    }

    /// A batch norm by itself.
    fn norm(self, channels: usize, options: &TensorOptions) -> Box<dyn Module> {
        match self.norm_classes {
            0 => Box::new(BatchNorm::new(channels, options)),
            classes => Box::new(ConditionalBatchNorm::new(classes, channels, options)),
        }
    }
}

/// What a discriminator's body may have besides its layers. A [`NormKind`] alone is one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiscriminatorParts {
    /// Norms between the layers.
    pub norm: NormKind,
    /// Whether weights are divided by their [spectral norm](kiln_nn::layers::SpectralNorm).
    pub spectral: bool,
    /// Side of the maps that a [`SelfAttention`](crate::blocks::SelfAttention) looks at.
    pub attention: Option<usize>,
    /// Whether the features have a [channel](kiln_nn::layers::MinibatchStd) of how much samples differ.
    pub minibatch_std: bool,
}

impl From<NormKind> for DiscriminatorParts {
    fn from(norm: NormKind) -> Self {
        DiscriminatorParts { norm, ..DiscriminatorParts::default() }
    }
}

/// Layers that may be divided by their spectral norm.
macro_rules! spectral_if {
    ($($name:ident: $layer:ty),*) => {$(
        /// The layer, with spectral norm if that is asked for.
        pub(crate) fn $name(layer: $layer, spectral: bool) -> $layer {
            if spectral { layer.spectral() } else { layer }
        }
    )*};
}
spectral_if!(spectral_linear: Linear, spectral_conv: Conv2d, spectral_conv_transpose: ConvTranspose2d);

/// The two halves of an autoencoder whose codes are Gaussian. A pass [of classes](Ctx::of_classes) tells both halves the
/// class of each sample, if they were made for classes.
pub trait Autoencoder: Stateful + Send {
    /// Length of a feature vector.
    fn features(&self) -> usize;

    /// What is found in images in `[0, 1]`: `[n, features]`.
    fn encode(&self, x: &Tensor, cx: &mut Ctx) -> Tensor;

    /// Mean and logarithm of the variance of `q(z|x)`, each `[n, latent]`, of features.
    fn heads(&self, features: &Tensor, cx: &mut Ctx) -> (Tensor, Tensor);

    /// What `p(x|z)` is made of, `[n, outputs, h, w]`, for `z [n, latent]`.
    fn decode(&self, z: &Tensor, cx: &mut Ctx) -> Tensor;
}

/// What goes into an autoencoder and comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutoencoderForm {
    /// `[channels, height, width]` of an image.
    pub image: [usize; 3],
    /// Length of a code.
    pub latent: usize,
    /// Number of channels that come out of the decoder; those of the image for one logit a value.
    pub outputs: usize,
    /// Number of classes that both halves are told; 0 for none.
    pub classes: usize,
}

impl AutoencoderForm {
    /// For images of this shape and codes of this length, with a logit for each value and without classes.
    pub fn new(image: [usize; 3], latent: usize) -> Self {
        AutoencoderForm { image, latent, outputs: image[0], classes: 0 }
    }

    /// Vectors with the class of each sample behind them, as a 1 among zeros.
    #[track_caller]
    fn beside_class(self, x: &Tensor, cx: &Ctx) -> Tensor {
        match (self.classes, cx.classes()) {
            (0, None) => x.clone(),
            (0, Some(_)) => panic!("autoencoder: it knows no classes, but some were given"),
            (_, None) => panic!("autoencoder: it is told classes, but none were given"),
            (classes, Some(given)) => Tensor::concat(&[x, &given.one_hot(classes, x.dtype())], 1),
        }
    }
}

/// Normalisation between a convolution and its activation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NormKind {
    /// None.
    #[default]
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
