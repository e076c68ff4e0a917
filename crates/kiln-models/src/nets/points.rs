//! Dense networks for points, as in VEEGAN (Srivastava et al., 2017) and PacGAN (Lin et al., 2018).

use super::{Discriminator, DiscriminatorParts, GeneratorParts, spectral_linear};
use kiln_grad::Tensor;
use kiln_nn::layers::{Activation, Linear, MinibatchStd, Sequential};
use kiln_nn::{Ctx, Module, StateVisitor, Stateful, TensorOptions};
use kiln_tensor::random::Key;

/// Number of hidden layers of a generator, and of a discriminator.
const HIDDEN: [usize; 2] = [4, 3];

/// Number of linear functions among which a maxout unit takes the largest.
const PIECES: usize = 5;

/// Noise `[n, latent]` to points `[n, coordinates]`: four layers of `width` with batch norm and ReLU, and a linear one.
pub fn generator(
    latent: usize,
    coordinates: usize,
    width: usize,
    parts: GeneratorParts,
    key: Key,
    options: &TensorOptions,
) -> Sequential {
    let linear = |i: usize, from, to| {
        spectral_linear(Linear::new(from, to, key.purpose(&i.to_string()), options), parts.spectral)
    };
    let mut net = Sequential::new();
    for i in 0..HIDDEN[0] {
        net = net.add(linear(i, if i == 0 { latent } else { width }, width));
        net = parts.add_norm(net, width, options).add(Activation::Relu);
    }
    net.add(linear(HIDDEN[0], width, coordinates))
}

/// Points to logits: three layers of maxout units (Goodfellow et al., 2013), each the largest of five linear functions,
/// and a linear one.
pub struct PointsDiscriminator {
    hidden: Vec<Linear>,
    minibatch_std: Option<MinibatchStd>,
    linear: Linear,
    width: usize,
    channels: usize,
}

/// A discriminator of points `[n, coordinates]`, of `width` units a layer.
pub fn discriminator(
    coordinates: usize,
    width: usize,
    parts: DiscriminatorParts,
    key: Key,
    options: &TensorOptions,
) -> PointsDiscriminator {
    let linear = |i: usize, from, to| {
        spectral_linear(Linear::new(from, to, key.purpose(&i.to_string()), options), parts.spectral)
    };
    let hidden = |i| linear(i, if i == 0 { coordinates } else { width }, width * PIECES);
    let channels = width + usize::from(parts.minibatch_std);
    PointsDiscriminator {
        hidden: (0..HIDDEN[1]).map(hidden).collect(),
        minibatch_std: parts.minibatch_std.then(|| MinibatchStd::new(options)),
        linear: linear(HIDDEN[1], channels, 1),
        width,
        channels,
    }
}

impl Stateful for PointsDiscriminator {
    fn visit(&mut self, v: &mut StateVisitor) {
        for (i, layer) in self.hidden.iter_mut().enumerate() {
            v.part(&format!("hidden.{i}"), layer);
        }
        v.part("minibatch_std", &mut self.minibatch_std);
        v.part("linear", &mut self.linear);
    }
}

impl Module for PointsDiscriminator {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let features = self.features(x, cx);
        self.head(&features, cx)
    }
}

impl Discriminator for PointsDiscriminator {
    fn channels(&self) -> usize {
        self.channels
    }

    fn features(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let mut x = x.clone();
        for (i, layer) in self.hidden.iter().enumerate() {
            let pieces = cx.part(&format!("hidden.{i}"), layer, &x);
            // Units lie next to each other, which is how they are compared fastest.
            x = pieces.reshape([x.dims()[0], PIECES, self.width]).max(1);
        }
        cx.part("minibatch_std", &self.minibatch_std, &x)
    }

    fn head(&self, features: &Tensor, cx: &mut Ctx) -> Tensor {
        cx.part("linear", &self.linear, features)
    }
}
