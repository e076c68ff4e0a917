//! The networks of StyleGAN2 (Karras et al., 2019, 2020), for images of 28, 32 and 64 pixels: noise becomes a style, and the
//! style scales the channels of every convolution.
//!
//! Maps are doubled by bilinear interpolation in front of a convolution, and halved by the mean of 2×2 behind one, where
//! the papers' code blurs beside convolutions of stride 2.

use super::{Discriminator, DiscriminatorParts};
use crate::blocks::ModulatedConv2d;
use crate::blocks::equalised::{EqualisedConv2d, EqualisedLinear, pixel_norm, scaled_leaky_relu};
use kiln_grad::{Tensor, Window, no_grad};
use kiln_nn::layers::MinibatchStd;
use kiln_nn::{Buffer, Ctx, Module, Param, StateVisitor, Stateful, TensorOptions, init};
use kiln_tensor::random::Key;
use kiln_tensor::{Map, Zip};

/// Sizes of the images, in pixels.
pub const SIZES: [usize; 3] = [28, 32, 64];

/// Learning rate of the mapping, as a share of that of all else.
const MAPPING_RATE: f64 = 0.01;

/// What a batch has in the running mean of the styles.
const MEAN_RATE: f64 = 0.005;

#[track_caller]
fn first_side(size: usize) -> usize {
    assert!(SIZES.contains(&size), "style: images of {size} pixels; there are networks for {SIZES:?}");
    if size == 28 { 7 } else { 4 }
}

/// Number of sizes of the maps.
fn levels(size: usize) -> usize {
    (size / first_side(size)).ilog2() as usize + 1
}

fn doubled(x: &Tensor) -> Tensor {
    x.resize_bilinear([2 * x.dims()[2], 2 * x.dims()[3]], false)
}

fn key_of(key: Key, part: &str, i: usize) -> Key {
    key.purpose(part).purpose(&i.to_string())
}

/// Noise to styles: its vector scaled to a mean square of 1, and dense layers as wide as a style.
struct Mapping {
    layers: Vec<EqualisedLinear>,
    /// Mean style, for the truncation.
    mean: Buffer,
}

impl Stateful for Mapping {
    fn visit(&mut self, v: &mut StateVisitor) {
        for (i, layer) in self.layers.iter_mut().enumerate() {
            v.part(&i.to_string(), layer);
        }
        v.buffer("mean", &self.mean);
    }
}

impl Mapping {
    fn forward(&self, z: &Tensor, cx: &mut Ctx) -> Tensor {
        let mut w = pixel_norm(z);
        for (i, layer) in self.layers.iter().enumerate() {
            w = scaled_leaky_relu(&cx.part(&i.to_string(), layer, &w));
        }
        w
    }

    /// Moves the mean towards that of these styles.
    fn note(&self, styles: &Tensor) {
        let new = no_grad(|| styles.detach().mean(0)).into_array();
        self.mean.update(|mean| {
            *mean =
                mean.map(Map::MulScalar(1.0 - MEAN_RATE)).zip(Zip::Add, &new.map(Map::MulScalar(MEAN_RATE)));
        });
    }
}

/// A modulated 3×3 convolution with noise, bias and leaky ReLU.
struct StyledLayer {
    conv: ModulatedConv2d,
    bias: Param,
    /// Strength of the noise, which starts at 0.
    strength: Param,
    /// The noise in use, `[side, side]`, so that an image is a function of its latent point.
    noise: Buffer,
}

impl Stateful for StyledLayer {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("conv", &mut self.conv);
        v.param("bias", &self.bias);
        v.param("strength", &self.strength);
        v.buffer("noise", &self.noise);
    }
}

impl StyledLayer {
    fn new(from: usize, to: usize, style: usize, side: usize, key: Key, options: &TensorOptions) -> Self {
        StyledLayer {
            conv: ModulatedConv2d::new(from, to, 3, style, true, key.purpose("conv"), options),
            bias: Param::new(options.zeros([to])),
            strength: Param::new(options.zeros([1])),
            noise: Buffer::new(
                init::normal(key.purpose("noise"), [side, side], 0.0, 1.0, options).into_array(),
            ),
        }
    }

    fn forward(&self, x: &Tensor, styles: &Tensor, cx: &mut Ctx) -> Tensor {
        let y = self.conv.forward(x, styles, cx);
        let [n, _, h, w] = [0, 1, 2, 3].map(|axis| y.dims()[axis]);
        let noise = if cx.is_training() {
            Tensor::normal(cx.next_key(), [n, 1, h, w], y.dtype(), y.device())
        } else {
            self.noise.tensor()
        };
        let y = y + noise * self.strength.tensor();
        scaled_leaky_relu(&y.bias(&self.bias.tensor()))
    }
}

/// Noise to images, in about `[-1, 1]`: a learned constant, two styled layers at each size but one at the first, and at each
/// size colours that are added up.
pub struct StyleGenerator {
    mapping: Mapping,
    constant: Param,
    layers: Vec<StyledLayer>,
    to_rgb: Vec<(ModulatedConv2d, Param)>,
    /// Probability that a batch's styles change to others at some layer.
    mixing: f64,
}

/// What a style-based generator is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StyleShape {
    /// Side of the images, one of [`SIZES`].
    pub size: usize,
    /// Channels of the images.
    pub channels: usize,
    /// Length of a latent point.
    pub latent: usize,
    /// Channels of all maps, and numbers of a style.
    pub width: usize,
    /// Number of layers of the mapping: 8 in the paper.
    pub mapping: usize,
    /// Probability of style mixing in training: 0.9 in the paper.
    pub mixing: f64,
}

/// A generator for noise `[n, latent]` and images `[n, channels, size, size]`.
///
/// # Panics
/// When the size is none of [`SIZES`].
#[track_caller]
pub fn generator(shape: StyleShape, key: Key, options: &TensorOptions) -> StyleGenerator {
    let StyleShape { size, channels, latent, width, mapping, mixing } = shape;
    let side = first_side(size);
    let layer = |i: usize| {
        let from = if i == 0 { latent } else { width };
        EqualisedLinear::new(from, width, 0.0, MAPPING_RATE, key_of(key, "mapping", i), options)
    };
    let rgb = |i: usize| {
        let conv = ModulatedConv2d::new(width, channels, 1, width, false, key_of(key, "to_rgb", i), options);
        (conv, Param::new(options.zeros([channels])))
    };
    let styled = |i: usize| {
        StyledLayer::new(width, width, width, side << i.div_ceil(2), key_of(key, "layers", i), options)
    };
    StyleGenerator {
        mapping: Mapping {
            layers: (0..mapping).map(layer).collect(),
            mean: Buffer::new(options.zeros([width]).into_array()),
        },
        constant: Param::new(init::normal(
            key.purpose("constant"),
            [1, width, side, side],
            0.0,
            1.0,
            options,
        )),
        layers: (0..style_layers(size)).map(styled).collect(),
        to_rgb: (0..levels(size)).map(rgb).collect(),
        mixing,
    }
}

impl Stateful for StyleGenerator {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("mapping", &mut self.mapping);
        v.param("constant", &self.constant);
        for (i, layer) in self.layers.iter_mut().enumerate() {
            v.part(&format!("layers.{i}"), layer);
        }
        for (i, (conv, bias)) in self.to_rgb.iter_mut().enumerate() {
            v.part(&format!("to_rgb.{i}"), conv);
            v.param(&format!("to_rgb.{i}.bias"), bias);
        }
    }
}

/// Number of layers that take a style, of images of this side.
///
/// # Panics
/// When the size is none of [`SIZES`].
#[track_caller]
pub fn style_layers(size: usize) -> usize {
    2 * levels(size) - 1
}

impl StyleGenerator {
    /// The style of each layer: in training some of another point, from a random layer on; in use nearer to the mean,
    /// by the truncation of the pass.
    fn styles(&self, z: &Tensor, cx: &mut Ctx) -> Vec<Tensor> {
        let count = self.layers.len();
        let w = self.mapping.forward(z, cx);
        if !cx.is_training() {
            let psi = cx.truncation();
            let mean = self.mapping.mean.tensor();
            let truncated = |w: Tensor| if psi == 1.0 { w } else { &mean + (w - &mean) * psi };
            let (w, mixed) = (truncated(w), cx.mixed());
            let Some((other, from)) = mixed else { return vec![w; count] };
            assert!((1..count).contains(&from), "style: mixed from layer {from}; there are {count}");
            let other = truncated(self.mapping.forward(&other, cx));
            return (0..count).map(|i| if i < from { w.clone() } else { other.clone() }).collect();
        }
        if cx.records_statistics() {
            self.mapping.note(&w);
        }
        let key = cx.next_key();
        if self.mixing == 0.0 || f64::from(key.uniform(0)) >= self.mixing {
            return vec![w; count];
        }
        let other = Tensor::normal(key.purpose("other"), *z.dims(), z.dtype(), z.device());
        let other = self.mapping.forward(&other, cx);
        let from = 1 + (key.uniform(1) * (count - 1) as f32) as usize;
        (0..count).map(|i| if i < from { w.clone() } else { other.clone() }).collect()
    }
}

impl Module for StyleGenerator {
    fn forward(&self, z: &Tensor, cx: &mut Ctx) -> Tensor {
        let styles = self.styles(z, cx);
        let constant = self.constant.tensor();
        let dims = constant.dims().with(0, z.dims()[0]);
        let mut x = constant.broadcast_to(dims);
        let mut images: Option<Tensor> = None;
        for (i, (layer, style)) in self.layers.iter().zip(&styles).enumerate() {
            // Layers 1, 3, 5 are the first of their size.
            if i % 2 == 1 {
                x = doubled(&x);
            }
            x = layer.forward(&x, style, cx);
            if i % 2 == 0 {
                let (conv, bias) = &self.to_rgb[i / 2];
                let colors = conv.forward(&x, style, cx).bias(&bias.tensor());
                images = Some(match images {
                    None => colors,
                    Some(before) => doubled(&before) + colors,
                });
            }
        }
        images.expect("there is a first layer")
    }
}

/// A residual block that halves: two 3×3, the mean of 2×2, beside a 1×1; the sum over √2.
struct DownBlock {
    conv1: EqualisedConv2d,
    conv2: EqualisedConv2d,
    shortcut: EqualisedConv2d,
}

kiln_nn::stateful!(DownBlock: conv1, conv2, shortcut);

impl Module for DownBlock {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let half = |x: &Tensor| x.avg_pool2d(Window::new(2));
        let y = scaled_leaky_relu(&cx.part("conv1", &self.conv1, x));
        let y = half(&scaled_leaky_relu(&cx.part("conv2", &self.conv2, &y)));
        (y + cx.part("shortcut", &self.shortcut, &half(x))) * std::f64::consts::FRAC_1_SQRT_2
    }
}

/// Images to logits: a 1×1 convolution, residual blocks that halve, the minibatch standard deviation if it is asked for, a
/// 3×3 convolution, two dense layers.
pub struct StyleDiscriminator {
    from_rgb: EqualisedConv2d,
    blocks: Vec<DownBlock>,
    minibatch_std: Option<MinibatchStd>,
    last: EqualisedConv2d,
    hidden: EqualisedLinear,
    linear: EqualisedLinear,
    width: usize,
}

/// A discriminator of images `[n, channels, size, size]` with `width` channels in all its maps. Of the parts it takes
/// the minibatch standard deviation alone.
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
) -> StyleDiscriminator {
    let side = first_side(size);
    let conv = |kernel, key: Key| EqualisedConv2d::new(width, width, kernel, key, options);
    let block = |i: usize| {
        let key = key_of(key, "blocks", i);
        DownBlock {
            conv1: conv(3, key.purpose("conv1")),
            conv2: conv(3, key.purpose("conv2")),
            shortcut: conv(1, key.purpose("shortcut")),
        }
    };
    let seen = width + usize::from(parts.minibatch_std);
    let linear = |from, to, name: &str| EqualisedLinear::new(from, to, 0.0, 1.0, key.purpose(name), options);
    StyleDiscriminator {
        from_rgb: EqualisedConv2d::new(channels, width, 1, key.purpose("from_rgb"), options),
        blocks: (0..levels(size) - 1).map(block).collect(),
        minibatch_std: parts.minibatch_std.then(|| MinibatchStd::new(options)),
        last: EqualisedConv2d::new(seen, width, 3, key.purpose("last"), options),
        hidden: linear(width * side * side, width, "hidden"),
        linear: linear(width, 1, "linear"),
        width,
    }
}

impl Stateful for StyleDiscriminator {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("from_rgb", &mut self.from_rgb);
        for (i, block) in self.blocks.iter_mut().enumerate() {
            v.part(&format!("blocks.{i}"), block);
        }
        v.part("minibatch_std", &mut self.minibatch_std);
        v.part("last", &mut self.last);
        v.part("hidden", &mut self.hidden);
        v.part("linear", &mut self.linear);
    }
}

impl Module for StyleDiscriminator {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let features = self.features(x, cx);
        self.head(&features, cx)
    }
}

impl Discriminator for StyleDiscriminator {
    fn channels(&self) -> usize {
        self.width
    }

    fn features(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let mut y = scaled_leaky_relu(&cx.part("from_rgb", &self.from_rgb, x));
        for (i, block) in self.blocks.iter().enumerate() {
            y = cx.part(&format!("blocks.{i}"), block, &y);
        }
        y = cx.part("minibatch_std", &self.minibatch_std, &y);
        scaled_leaky_relu(&cx.part("last", &self.last, &y))
    }

    fn head(&self, features: &Tensor, cx: &mut Ctx) -> Tensor {
        let hidden = scaled_leaky_relu(&cx.part("hidden", &self.hidden, &features.flatten(1)));
        cx.part("linear", &self.linear, &hidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(mixing: f64) -> StyleGenerator {
        let shape = StyleShape { size: 28, channels: 1, latent: 3, width: 4, mapping: 2, mixing };
        generator(shape, Key::new(1), &TensorOptions::cpu_f64())
    }

    fn noise() -> Tensor {
        let options = TensorOptions::cpu_f64();
        Tensor::normal(Key::new(2), [3, 3], options.dtype, &options.device)
    }

    /// With ψ = 0 all images are that of the mean style, and with 1 each is its own.
    #[test]
    fn truncation_goes_to_the_mean_style() {
        let net = small(0.0);
        let _ = net.forward(&noise(), &mut Ctx::train(Key::new(3)));
        let images = |psi: f64| net.forward(&noise(), &mut Ctx::eval().truncated(psi)).to_f64_vec().unwrap();
        let (all, none) = (images(1.0), images(0.0));
        assert_eq!(none[..784], none[784..1568]);
        assert_ne!(all[..784], all[784..1568]);
        assert_eq!(all, net.forward(&noise(), &mut Ctx::eval()).to_f64_vec().unwrap());
        // The mean has moved by its rate towards the mean style of the batch.
        let w = net.mapping.forward(&noise(), &mut Ctx::eval()).mean(0).to_f64_vec().unwrap();
        let mean = net.mapping.mean.tensor().to_f64_vec().unwrap();
        assert!(mean.iter().zip(&w).all(|(mean, w)| (mean - MEAN_RATE * w).abs() < 1e-15));
    }

    /// In use, layers before the one that is named have the styles of one point, and the others those of another.
    #[test]
    fn layers_take_the_styles_that_they_are_told() {
        let net = small(0.0);
        let (z, other) = (noise(), noise() * -1.0);
        let own = |z: &Tensor| net.styles(z, &mut Ctx::eval()).remove(0).to_f64_vec().unwrap();
        for from in 1..net.layers.len() {
            let styles = net.styles(&z, &mut Ctx::eval().mixed_with(&other, from));
            for (i, style) in styles.iter().enumerate() {
                assert_eq!(
                    style.to_f64_vec().unwrap(),
                    own(if i < from { &z } else { &other }),
                    "{from} {i}"
                );
            }
        }
        let same = net.forward(&z, &mut Ctx::eval().mixed_with(&z, 1));
        assert_eq!(same.to_f64_vec().unwrap(), net.forward(&z, &mut Ctx::eval()).to_f64_vec().unwrap());
    }

    #[test]
    fn mixing_changes_the_styles_from_some_layer_on() {
        let (mixed, plain) = (small(1.0), small(0.0));
        for step in 0..20 {
            let cx = || Ctx::train(Key::new(4).step(step));
            let styles = mixed.styles(&noise(), &mut cx());
            let own = plain.styles(&noise(), &mut cx());
            let same: Vec<bool> = styles
                .iter()
                .zip(&own)
                .map(|(a, b)| a.to_f64_vec().unwrap() == b.to_f64_vec().unwrap())
                .collect();
            assert!(same[0] && !same[same.len() - 1] && same.is_sorted_by(|a, b| a >= b), "{same:?}");
        }
    }

    /// In training each pass has other noise; in use there is one.
    #[test]
    fn noise_is_drawn_in_training_and_constant_in_use() {
        let net = small(0.0);
        net.layers[0].strength.set(Tensor::from([0.5]).into_array());
        let run = |cx: Ctx| net.forward(&noise(), &mut { cx }).to_f64_vec().unwrap();
        assert_ne!(run(Ctx::train(Key::new(5))), run(Ctx::train(Key::new(6))));
        assert_eq!(run(Ctx::train(Key::new(5))), run(Ctx::train(Key::new(5))));
        assert_eq!(run(Ctx::eval()), run(Ctx::eval()));
    }
}
