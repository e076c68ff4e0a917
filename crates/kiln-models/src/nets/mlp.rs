//! Networks of dense layers, for images of any size.

use super::{Discriminator, DiscriminatorParts, GeneratorParts, spectral_linear};
use kiln_grad::Tensor;
use kiln_nn::layers::{Activation, Flatten, Linear, MinibatchStd, Reshape, Sequential};
use kiln_nn::{Ctx, Module, StateVisitor, Stateful, TensorOptions};
use kiln_tensor::random::Key;

/// Noise `[n, latent]` to images `[n, c, h, w]` in `[-1, 1]`: latent-128-256-512-1024-pixels with batch
/// norm (but after the first layer) and leaky ReLU.
pub fn generator(
    latent: usize,
    shape: [usize; 3],
    parts: GeneratorParts,
    key: Key,
    options: &TensorOptions,
) -> Sequential {
    let linear = |i: usize, from, to| {
        spectral_linear(Linear::new(from, to, key.purpose(&i.to_string()), options), parts.spectral)
    };
    let [c, h, w] = shape;
    let mut net = Sequential::new().add(linear(0, latent, 128)).add(Activation::LeakyRelu(0.2));
    for (i, width) in [128, 256, 512].into_iter().enumerate() {
        net = parts.add_norm(net.add(linear(i + 1, width, 2 * width)), 2 * width, options);
        net = net.add(Activation::LeakyRelu(0.2));
    }
    net.add(linear(4, 1024, c * h * w)).add(Activation::Tanh).add(Reshape::new([c, h, w]))
}

/// Width of the last hidden layer of the discriminator.
const FEATURES: usize = 256;

/// Images `[n, c, h, w]` to logits `[n, 1]`: pixels-512-256-1 with leaky ReLU.
pub struct MlpDiscriminator {
    net: Sequential,
    channels: usize,
}

/// A discriminator for images of `shape` `[c, h, w]` with fresh parameters.
pub fn discriminator(
    [c, h, w]: [usize; 3],
    parts: DiscriminatorParts,
    key: Key,
    options: &TensorOptions,
) -> MlpDiscriminator {
    let linear = |i: usize, from, to| {
        spectral_linear(Linear::new(from, to, key.purpose(&i.to_string()), options), parts.spectral)
    };
    let mut net = Sequential::new()
        .add(Flatten)
        .add(linear(0, c * h * w, 512))
        .add(Activation::LeakyRelu(0.2))
        .add(linear(1, 512, FEATURES))
        .add(Activation::LeakyRelu(0.2));
    let mut channels = FEATURES;
    if parts.minibatch_std {
        net = net.add(MinibatchStd::new(options));
        channels += 1;
    }
    MlpDiscriminator { net: net.add(linear(2, channels, 1)), channels }
}

impl Stateful for MlpDiscriminator {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.net.visit(v);
    }
}

impl Module for MlpDiscriminator {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        self.net.forward(x, cx)
    }
}

impl Discriminator for MlpDiscriminator {
    fn channels(&self) -> usize {
        self.channels
    }

    fn features(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        self.net.forward_layers(0..self.net.len() - 1, x, cx)
    }

    fn head(&self, features: &Tensor, cx: &mut Ctx) -> Tensor {
        let last = self.net.len() - 1;
        self.net.forward_layers(last..last + 1, features, cx)
    }
}
