//! The residual networks of SNGAN (Miyato et al., 2018) at 32×32, for images of 28, 32 and 64 pixels.

use super::{Discriminator, DiscriminatorParts, GeneratorParts, spectral_conv, spectral_linear};
use crate::blocks::{DownBlock, SelfAttention, UpBlock};
use kiln_grad::Tensor;
use kiln_nn::layers::{Activation, Conv2d, Linear, MinibatchStd};
use kiln_nn::{Ctx, Module, StateVisitor, Stateful, TensorOptions, init};
use kiln_tensor::random::Key;

/// Sizes of the images, in pixels.
pub const SIZES: [usize; 3] = [28, 32, 64];

/// Side of a generator's first maps, from which it doubles.
#[track_caller]
fn first_side(size: usize) -> usize {
    assert!(SIZES.contains(&size), "resnet: images of {size} pixels; there are networks for {SIZES:?}");
    if size == 28 { 7 } else { 4 }
}

/// Sides of maps behind a block of the generator, and of those that the discriminator has too: even ones, below the
/// image's.
pub fn sides(size: usize) -> Vec<usize> {
    let doubled = std::iter::successors(Some(2 * first_side(size)), |side| Some(2 * side));
    doubled.take_while(|side| *side < size).filter(|side| *side >= 8).collect()
}

/// Maps through blocks in order, with attention behind the one whose maps have its side.
fn through<B: Module>(
    blocks: &[B],
    attention: &Option<(usize, SelfAttention)>,
    mut x: Tensor,
    cx: &mut Ctx,
) -> Tensor {
    let mut is_open = true;
    for (i, block) in blocks.iter().enumerate() {
        x = cx.part(&format!("blocks.{i}"), block, &x);
        if let Some((side, attention)) = attention
            && x.dims()[2] == *side
            && std::mem::take(&mut is_open)
        {
            x = cx.part("attention", attention, &x);
        }
    }
    x
}

fn visit_blocks<B: Module>(
    blocks: &mut [B],
    attention: &mut Option<(usize, SelfAttention)>,
    v: &mut StateVisitor,
) {
    for (i, block) in blocks.iter_mut().enumerate() {
        v.part(&format!("blocks.{i}"), block);
    }
    if let Some((_, attention)) = attention {
        v.part("attention", attention);
    }
}

/// Noise to images in `[-1, 1]`: a dense layer to 4×4 cells (7×7 at size 28), blocks that double, norm, ReLU, 3×3, tanh.
pub struct ResnetGenerator {
    linear: Linear,
    blocks: Vec<UpBlock>,
    attention: Option<(usize, SelfAttention)>,
    norm: Box<dyn Module>,
    conv: Conv2d,
    first: [usize; 3],
}

/// A generator for noise `[n, latent]` and images `[n, channels, size, size]`, with `width` channels in all its maps: 256
/// in the paper.
///
/// # Panics
/// When the size is none of [`SIZES`].
#[track_caller]
pub fn generator(
    size: usize,
    channels: usize,
    latent: usize,
    width: usize,
    parts: GeneratorParts,
    key: Key,
    options: &TensorOptions,
) -> ResnetGenerator {
    let side = first_side(size);
    let linear = Linear::new(latent, width * side * side, key.purpose("linear"), options);
    linear
        .weight
        .set(init::xavier_uniform(key.purpose("linear"), linear.weight.dims(), 1.0, options).into_array());
    let norm = |channels| parts.norm(channels, options);
    let block = |i: usize| {
        UpBlock::new(
            width,
            width,
            norm,
            parts.spectral,
            key.purpose("blocks").purpose(&i.to_string()),
            options,
        )
    };
    let conv = Conv2d::new(width, channels, 3, key.purpose("conv"), options).padding(1);
    let attention =
        |side| (side, SelfAttention::new(width, parts.spectral, key.purpose("attention"), options));
    ResnetGenerator {
        linear: spectral_linear(linear, parts.spectral),
        blocks: (0..(size / side).ilog2() as usize).map(block).collect(),
        attention: parts.attention.map(attention),
        norm: norm(width),
        conv: spectral_conv(conv, parts.spectral),
        first: [width, side, side],
    }
}

impl Stateful for ResnetGenerator {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("linear", &mut self.linear);
        visit_blocks(&mut self.blocks, &mut self.attention, v);
        v.part("norm", &mut *self.norm);
        v.part("conv", &mut self.conv);
    }
}

impl Module for ResnetGenerator {
    fn forward(&self, z: &Tensor, cx: &mut Ctx) -> Tensor {
        let [width, h, w] = self.first;
        let x = cx.part("linear", &self.linear, z).reshape([z.dims()[0], width, h, w]);
        let x = through(&self.blocks, &self.attention, x, cx);
        let x = self.norm.activated(&x, Activation::Relu, cx);
        cx.part("conv", &self.conv, &x).tanh()
    }
}

/// Images to logits: blocks that halve until at most 8×8 cells are left, two more, ReLU, the sum over all cells, a
/// dense layer.
pub struct ResnetDiscriminator {
    blocks: Vec<DownBlock>,
    attention: Option<(usize, SelfAttention)>,
    minibatch_std: Option<MinibatchStd>,
    linear: Linear,
    channels: usize,
}

/// A discriminator of images `[n, channels, size, size]` with `width` channels in all its maps: 128 in the paper.
///
/// # Panics
/// When the size is none of [`SIZES`].
#[track_caller]
pub fn discriminator(
    size: usize,
    channels: usize,
    width: usize,
    parts: DiscriminatorParts,
    key: Key,
    options: &TensorOptions,
) -> ResnetDiscriminator {
    let _ = first_side(size);
    let halvings =
        std::iter::successors(Some(size), |side| Some(side / 2)).take_while(|side| *side > 8).count();
    let block = |i: usize| {
        let from = if i == 0 { channels } else { width };
        let key = key.purpose("blocks").purpose(&i.to_string());
        DownBlock::new(from, width, i == 0, i < halvings, parts.spectral, key, options)
    };
    let attention =
        |side| (side, SelfAttention::new(width, parts.spectral, key.purpose("attention"), options));
    let features = width + usize::from(parts.minibatch_std);
    ResnetDiscriminator {
        blocks: (0..halvings + 2).map(block).collect(),
        attention: parts.attention.map(attention),
        minibatch_std: parts.minibatch_std.then(|| MinibatchStd::new(options)),
        linear: spectral_linear(Linear::new(features, 1, key.purpose("linear"), options), parts.spectral),
        channels: features,
    }
}

impl Stateful for ResnetDiscriminator {
    fn visit(&mut self, v: &mut StateVisitor) {
        visit_blocks(&mut self.blocks, &mut self.attention, v);
        v.part("minibatch_std", &mut self.minibatch_std);
        v.part("linear", &mut self.linear);
    }
}

impl Module for ResnetDiscriminator {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let features = self.features(x, cx);
        self.head(&features, cx)
    }
}

impl Discriminator for ResnetDiscriminator {
    fn channels(&self) -> usize {
        self.channels
    }

    fn features(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let x = through(&self.blocks, &self.attention, x.clone(), cx).relu();
        cx.part("minibatch_std", &self.minibatch_std, &x)
    }

    fn head(&self, features: &Tensor, cx: &mut Ctx) -> Tensor {
        cx.part("linear", &self.linear, &features.sum([2, 3]))
    }
}
