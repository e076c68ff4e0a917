//! The networks of DCGAN (Radford, Metz, Chintala, 2015), for images of 28, 32 and 64 pixels.

use super::{
    Discriminator, DiscriminatorParts, GeneratorParts, NormKind, spectral_conv, spectral_conv_transpose,
    spectral_linear,
};
use crate::blocks::SelfAttention;
use kiln_grad::Tensor;
use kiln_nn::layers::{
    Activation, Conv2d, ConvTranspose2d, Flatten, Linear, MinibatchStd, Reshape, Sequential,
};
use kiln_nn::{Ctx, Module, TensorOptions, init, stateful};
use kiln_tensor::random::Key;

/// Sizes of the images, in pixels.
pub const SIZES: [usize; 3] = [28, 32, 64];

/// A generator whose parts are named as in PyTorch's DCGAN example: `main.0.weight` and so on.
pub struct DcganGenerator {
    main: Sequential,
    /// Length of a latent point.
    latent: usize,
}

stateful!(DcganGenerator: main);

impl Module for DcganGenerator {
    fn forward(&self, z: &Tensor, cx: &mut Ctx) -> Tensor {
        self.main.forward(&z.reshape([z.dims()[0], self.latent, 1, 1]), cx)
    }
}

/// A discriminator whose parts are named as in PyTorch's DCGAN example: `main.0.weight` and so on.
pub struct DcganDiscriminator {
    main: Sequential,
    /// Channels of the features.
    channels: usize,
}

stateful!(DcganDiscriminator: main);

impl Module for DcganDiscriminator {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        self.main.forward(x, cx).flatten(1)
    }
}

impl Discriminator for DcganDiscriminator {
    fn channels(&self) -> usize {
        self.channels
    }

    fn features(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        self.main.forward_layers(0..self.main.len() - 1, x, cx)
    }

    fn head(&self, features: &Tensor, cx: &mut Ctx) -> Tensor {
        let last = self.main.len() - 1;
        self.main.forward_layers(last..last + 1, features, cx).flatten(1)
    }
}

/// Number of times the generator doubles the size: from 4, or to 28 from 7.
#[track_caller]
fn doublings(size: usize) -> usize {
    match size {
        28 => 2,
        32 => 3,
        64 => 4,
        _ => panic!("dcgan: images of {size} pixels; there are networks for {SIZES:?}"),
    }
}

/// Sides of the maps of a generator that are even, from the first to that before the image.
pub fn sides(size: usize) -> Vec<usize> {
    (0..doublings(size))
        .map(|i| size >> (doublings(size) - i))
        .filter(|side| side.is_multiple_of(2))
        .collect()
}

/// Noise `[n, latent]` to images `[n, channels, size, size]` in `[-1, 1]`, for sizes 28, 32 and 64.
///
/// A first layer makes 4×4 cells (at size 28 a dense layer makes 7×7), then the size doubles by transposed
/// convolutions, with batch norm and ReLU in between. `width` is the number of channels in front of the image, which doubles
/// at each halving of the size.
///
/// # Panics
/// When the size is none of [`SIZES`].
#[track_caller]
pub fn generator(
    size: usize,
    channels: usize,
    latent: usize,
    width: usize,
    key: Key,
    options: &TensorOptions,
) -> DcganGenerator {
    generator_of(size, channels, latent, width, GeneratorParts::default(), key, options)
}

/// The same with these parts in it. Attention comes behind the activation of its maps.
///
/// # Panics
/// When the size is none of [`SIZES`].
#[track_caller]
pub fn generator_of(
    size: usize,
    channels: usize,
    latent: usize,
    width: usize,
    parts: GeneratorParts,
    key: Key,
    options: &TensorOptions,
) -> DcganGenerator {
    let key_of = |i: usize| key.purpose(&i.to_string());
    let mut filters = width << (doublings(size) - 1);
    let mut main = if size == 28 {
        Sequential::new()
            .add(Flatten)
            .add(spectral_linear(
                Linear::new(latent, 49 * filters, key_of(0), options).without_bias(),
                parts.spectral,
            ))
            .add(Reshape::new([filters, 7, 7]))
    } else {
        let first = ConvTranspose2d::new(latent, filters, 4, key_of(0), options).without_bias();
        Sequential::new().add(spectral_conv_transpose(first, parts.spectral))
    };
    for i in 1..=doublings(size) {
        let (last, next) = (i == doublings(size), filters / 2);
        let to = if last { channels } else { next };
        let up = ConvTranspose2d::new(filters, to, 4, key_of(i), options).stride(2).padding(1).without_bias();
        main = parts.add_norm(main, filters, options).add(Activation::Relu);
        if parts.attention == Some(size >> (doublings(size) + 1 - i)) {
            main = main.add(SelfAttention::new(
                filters,
                parts.spectral,
                key_of(i).purpose("attention"),
                options,
            ));
        }
        main = main.add(spectral_conv_transpose(up, parts.spectral));
        filters = next;
    }
    let mut net = DcganGenerator { main: main.add(Activation::Tanh), latent };
    init::dcgan(&mut net, key);
    net
}

/// Images `[n, channels, size, size]` to logits `[n, 1]`: halvings of the size by 4×4 convolutions with
/// leaky ReLU, and with a norm but after the first; then one logit over all that is left. `width` is the number of channels
/// behind the image, which doubles at each halving of the size.
///
/// # Panics
/// When the size is none of [`SIZES`].
#[track_caller]
pub fn discriminator(
    size: usize,
    channels: usize,
    width: usize,
    parts: impl Into<DiscriminatorParts>,
    key: Key,
    options: &TensorOptions,
) -> DcganDiscriminator {
    let DiscriminatorParts { norm, spectral, attention, minibatch_std } = parts.into();
    let key_of = |i: usize| key.purpose(&i.to_string());
    // Until 4×4 cells are left, or 3×3 of 28×28.
    let layers = doublings(size).max(3);
    // Without norm and bias the network would be homogeneous: half the contrast, half the logit.
    let conv = |from, to, size: usize, i: usize| {
        let conv = Conv2d::new(from, to, size, key_of(i), options);
        spectral_conv(if norm == NormKind::None { conv } else { conv.without_bias() }, spectral)
    };
    let down = |from, to, i: usize| conv(from, to, 4, i).stride(2).padding(1);
    let mut main = Sequential::new();
    let (mut from, mut filters) = (channels, width);
    for i in 0..layers {
        main = main.add(down(from, filters, i));
        if i > 0 {
            main = norm.add_to(main, filters, options);
        }
        main = main.add(Activation::LeakyRelu(0.2));
        if attention == Some(size >> (i + 1)) {
            main = main.add(SelfAttention::new(filters, spectral, key_of(i).purpose("attention"), options));
        }
        (from, filters) = (filters, 2 * filters);
    }
    filters = from;
    if minibatch_std {
        main = main.add(MinibatchStd::new(options));
        filters += 1;
    }
    let head = conv(filters, 1, size >> layers, layers);
    let mut net = DcganDiscriminator { main: main.add(head), channels: filters };
    init::dcgan(&mut net, key);
    net
}
