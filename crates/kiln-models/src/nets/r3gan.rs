//! The networks of R3GAN (Huang et al., 2024), for images of 28, 32 and 64 pixels: residual blocks of grouped
//! convolutions, without a norm anywhere.
//!
//! Maps are doubled by bilinear interpolation and halved by the mean of 2×2, where the paper's code interpolates with
//! the filter 1-2-1.

use super::{Discriminator, DiscriminatorParts};
use kiln_grad::{Tensor, Window};
use kiln_nn::layers::{Activation, Conv2d, Linear, MinibatchStd};
use kiln_nn::{Ctx, Module, Param, StateVisitor, Stateful, TensorOptions, init, stateful};
use kiln_tensor::random::Key;

/// Sizes of the images, in pixels.
pub const SIZES: [usize; 3] = [28, 32, 64];

/// Number of blocks at each size of the maps.
const BLOCKS: usize = 2;

/// Factor of the channels within a block.
const EXPANSION: usize = 2;

/// Number of channels of a group.
const GROUP: usize = 16;

const LEAKY: Activation = Activation::LeakyRelu(0.2);

/// Side of the smallest maps.
#[track_caller]
fn first_side(size: usize) -> usize {
    assert!(SIZES.contains(&size), "r3gan: images of {size} pixels; there are networks for {SIZES:?}");
    if size == 28 { 7 } else { 4 }
}

/// Number of sizes of the maps.
fn stages(size: usize) -> usize {
    (size / first_side(size)).ilog2() as usize + 1
}

/// Whether maps may have so many channels: a block's are cut into groups of 16, or make one group.
pub fn is_width(width: usize) -> bool {
    width * EXPANSION <= GROUP || (width * EXPANSION).is_multiple_of(GROUP)
}

/// A convolution that starts with `N(0, (gain/√fan_in)²)` and a bias of 0, if it has one.
fn conv(conv: Conv2d, gain: f64, key: Key, options: &TensorOptions) -> Conv2d {
    let dims = conv.weight.dims();
    let (fan_in, _) = init::fans(&dims);
    conv.weight.set(init::normal(key, dims, 0.0, gain / (fan_in as f64).sqrt(), options).into_array());
    if let Some(bias) = &conv.bias {
        bias.set(options.zeros([dims[0]]).into_array());
    }
    conv
}

/// A block: 1×1 to twice the channels, grouped 3×3, 1×1 back, beside the identity. The last convolution starts at 0.
struct GroupedBlock {
    conv1: Conv2d,
    conv2: Conv2d,
    conv3: Conv2d,
}

stateful!(GroupedBlock: conv1, conv2, conv3);

impl GroupedBlock {
    /// A block of `blocks` in its network, by whose number the start is scaled down (Zhang et al., 2019).
    fn new(width: usize, blocks: usize, key: Key, options: &TensorOptions) -> Self {
        let inner = width * EXPANSION;
        let gain = (2.0f64 / 1.04).sqrt() * (blocks as f64).powf(-0.25);
        let layer = |from, to, size, name: &str| Conv2d::new(from, to, size, key.purpose(name), options);
        let groups = (inner / GROUP).max(1);
        GroupedBlock {
            conv1: conv(layer(width, inner, 1, "conv1"), gain, key.purpose("conv1"), options),
            conv2: conv(
                layer(inner, inner, 3, "conv2").padding(1).groups(groups),
                gain,
                key.purpose("conv2"),
                options,
            ),
            conv3: conv(layer(inner, width, 1, "conv3").without_bias(), 0.0, key.purpose("conv3"), options),
        }
    }
}

impl Module for GroupedBlock {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let y = self.conv1.activated(x, LEAKY, cx);
        let y = self.conv2.activated(&y, LEAKY, cx);
        x + cx.part("conv3", &self.conv3, &y)
    }
}

fn blocks(count: usize, width: usize, key: Key, options: &TensorOptions) -> Vec<GroupedBlock> {
    let block =
        |i: usize| GroupedBlock::new(width, count, key.purpose("blocks").purpose(&i.to_string()), options);
    (0..count).map(block).collect()
}

fn visit_blocks(blocks: &mut [GroupedBlock], v: &mut StateVisitor) {
    for (i, block) in blocks.iter_mut().enumerate() {
        v.part(&format!("blocks.{i}"), block);
    }
}

/// Noise to images: learned maps, each times a linear function of the noise, blocks and doublings, a 1×1 convolution.
/// Images lie in about `[-1, 1]` once they are trained; there is no function at the end that keeps them there.
pub struct R3ganGenerator {
    basis: Param,
    linear: Linear,
    blocks: Vec<GroupedBlock>,
    conv: Conv2d,
}

/// A generator for noise `[n, latent]` and images `[n, channels, size, size]`, with `width` channels in all its maps.
///
/// # Panics
/// When the size is none of [`SIZES`], or the width [can't be cut into groups](is_width).
#[track_caller]
pub fn generator(
    size: usize,
    channels: usize,
    latent: usize,
    width: usize,
    key: Key,
    options: &TensorOptions,
) -> R3ganGenerator {
    let side = first_side(size);
    let linear = Linear::new(latent, width, key.purpose("linear"), options).without_bias();
    let start =
        init::normal(key.purpose("linear"), [width, latent], 0.0, 1.0 / (latent as f64).sqrt(), options);
    linear.weight.set(start.into_array());
    let last = Conv2d::new(width, channels, 1, key.purpose("conv"), options).without_bias();
    R3ganGenerator {
        basis: Param::new(init::normal(key.purpose("basis"), [width, side, side], 0.0, 1.0, options)),
        linear,
        blocks: blocks(BLOCKS * stages(size), width, key, options),
        conv: conv(last, 1.0, key.purpose("conv"), options),
    }
}

impl Stateful for R3ganGenerator {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.param("basis", &self.basis);
        v.part("linear", &mut self.linear);
        visit_blocks(&mut self.blocks, v);
        v.part("conv", &mut self.conv);
    }
}

impl Module for R3ganGenerator {
    fn forward(&self, z: &Tensor, cx: &mut Ctx) -> Tensor {
        let scales = cx.part("linear", &self.linear, z).unsqueeze([2, 3]);
        let mut x = self.basis.tensor().unsqueeze(0) * scales;
        for (i, block) in self.blocks.iter().enumerate() {
            if i > 0 && i.is_multiple_of(BLOCKS) {
                x = x.resize_bilinear([2 * x.dims()[2], 2 * x.dims()[3]], false);
            }
            x = cx.part(&format!("blocks.{i}"), block, &x);
        }
        cx.part("conv", &self.conv, &x)
    }
}

/// Images to logits: a 1×1 convolution, blocks and halvings, one learned window over all that is left of each channel,
/// a dense layer.
pub struct R3ganDiscriminator {
    conv: Conv2d,
    blocks: Vec<GroupedBlock>,
    minibatch_std: Option<MinibatchStd>,
    basis: Conv2d,
    linear: Linear,
    channels: usize,
}

/// A discriminator of images `[n, channels, size, size]` with `width` channels in all its maps. Of the parts it takes
/// the minibatch standard deviation alone.
///
/// # Panics
/// When the size is none of [`SIZES`], or the width [can't be cut into groups](is_width).
#[track_caller]
pub fn discriminator(
    size: usize,
    channels: usize,
    width: usize,
    parts: DiscriminatorParts,
    key: Key,
    options: &TensorOptions,
) -> R3ganDiscriminator {
    let side = first_side(size);
    let first = Conv2d::new(channels, width, 1, key.purpose("conv"), options).without_bias();
    let features = width + usize::from(parts.minibatch_std);
    let basis = Conv2d::new(features, features, side, key.purpose("basis"), options).without_bias();
    let linear = Linear::new(features, 1, key.purpose("linear"), options).without_bias();
    let start =
        init::normal(key.purpose("linear"), [1, features], 0.0, 1.0 / (features as f64).sqrt(), options);
    linear.weight.set(start.into_array());
    R3ganDiscriminator {
        conv: conv(first, 1.0, key.purpose("conv"), options),
        blocks: blocks(BLOCKS * stages(size), width, key, options),
        minibatch_std: parts.minibatch_std.then(|| MinibatchStd::new(options)),
        basis: conv(basis.groups(features), 1.0, key.purpose("basis"), options),
        linear,
        channels: features,
    }
}

impl Stateful for R3ganDiscriminator {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("conv", &mut self.conv);
        visit_blocks(&mut self.blocks, v);
        v.part("minibatch_std", &mut self.minibatch_std);
        v.part("basis", &mut self.basis);
        v.part("linear", &mut self.linear);
    }
}

impl Module for R3ganDiscriminator {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let features = self.features(x, cx);
        self.head(&features, cx)
    }
}

impl Discriminator for R3ganDiscriminator {
    fn channels(&self) -> usize {
        self.channels
    }

    fn features(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let mut x = cx.part("conv", &self.conv, x);
        for (i, block) in self.blocks.iter().enumerate() {
            if i > 0 && i.is_multiple_of(BLOCKS) {
                x = x.avg_pool2d(Window::new(2));
            }
            x = cx.part(&format!("blocks.{i}"), block, &x);
        }
        cx.part("minibatch_std", &self.minibatch_std, &x)
    }

    fn head(&self, features: &Tensor, cx: &mut Ctx) -> Tensor {
        let seen = cx.part("basis", &self.basis, features).flatten(1);
        cx.part("linear", &self.linear, &seen)
    }
}
