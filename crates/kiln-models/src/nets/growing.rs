//! The networks of progressive growing (Karras et al., 2018), for images of 28, 32 and 64 pixels: they begin with small
//! images, and each level fades in twice the size.
//!
//! Both make and take images of the size of their [level](kiln_nn::Ctx::growth).

use super::{Discriminator, DiscriminatorParts};
use crate::blocks::equalised::{EqualisedConv2d, EqualisedLinear, pixel_norm, scaled_leaky_relu};
use kiln_grad::{Tensor, Window};
use kiln_nn::layers::MinibatchStd;
use kiln_nn::{Ctx, Module, StateVisitor, Stateful, TensorOptions};
use kiln_tensor::random::Key;

/// Sizes of the images, in pixels.
pub const SIZES: [usize; 3] = [28, 32, 64];

/// Side of the images of level 0.
#[track_caller]
pub fn first_side(size: usize) -> usize {
    assert!(SIZES.contains(&size), "growing: images of {size} pixels; there are networks for {SIZES:?}");
    if size == 28 { 7 } else { 4 }
}

/// The last level.
pub fn top(size: usize) -> usize {
    (size / first_side(size)).ilog2() as usize
}

/// The level that images are of, and the share of it that is faded in.
fn stage(level: f64, top: usize) -> (usize, f64) {
    let level = level.clamp(0.0, top as f64);
    let up = level.ceil();
    (up as usize, if up == level { 1.0 } else { level + 1.0 - up })
}

fn doubled(x: &Tensor) -> Tensor {
    x.resize_nearest([2 * x.dims()[2], 2 * x.dims()[3]])
}

fn halved(x: &Tensor) -> Tensor {
    x.avg_pool2d(Window::new(2))
}

fn blend(old: &Tensor, new: &Tensor, share: f64) -> Tensor {
    old + (new - old) * share
}

/// Images at their full size as those of a level: means of their pixels, and while the level fades in mixed with those of
/// the level below.
pub fn shrunk(images: &Tensor, level: f64) -> Tensor {
    let size = images.dims()[2];
    let (at, share) = stage(level, top(size));
    let factor = 1 << (top(size) - at);
    let small = if factor == 1 { images.clone() } else { images.avg_pool2d(Window::new(factor)) };
    if share == 1.0 { small } else { blend(&doubled(&halved(&small)), &small, share) }
}

/// Two convolutions with leaky ReLU.
struct Pair {
    conv1: EqualisedConv2d,
    conv2: EqualisedConv2d,
}

kiln_nn::stateful!(Pair: conv1, conv2);

impl Pair {
    fn new([a, b, c]: [usize; 3], key: Key, options: &TensorOptions) -> Self {
        Pair {
            conv1: EqualisedConv2d::new(a, b, 3, key.purpose("conv1"), options),
            conv2: EqualisedConv2d::new(b, c, 3, key.purpose("conv2"), options),
        }
    }
}

fn key_of(key: Key, part: &str, i: usize) -> Key {
    key.purpose(part).purpose(&i.to_string())
}

fn visit_all<T: Stateful>(parts: &mut [T], name: &str, from: usize, v: &mut StateVisitor) {
    for (i, part) in parts.iter_mut().enumerate() {
        v.part(&format!("{name}.{}", i + from), part);
    }
}

/// Noise to images of a level, in about `[-1, 1]`: all maps are scaled to a mean square of 1 at each place.
pub struct GrowingGenerator {
    linear: EqualisedLinear,
    first: EqualisedConv2d,
    /// Those of level 1 and on.
    blocks: Vec<Pair>,
    to_rgb: Vec<EqualisedConv2d>,
    channels: usize,
    side: usize,
}

/// A generator for noise `[n, latent]` and images of up to `[n, channels, size, size]`. `width` is the number of channels in
/// front of the largest images, which doubles at each level below.
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
) -> GrowingGenerator {
    let (side, top) = (first_side(size), top(size));
    let maps = |level: usize| width << (top - level);
    let block = |i: usize| Pair::new([maps(i - 1), maps(i), maps(i)], key_of(key, "blocks", i), options);
    let rgb = |i: usize| EqualisedConv2d::new(maps(i), channels, 1, key_of(key, "to_rgb", i), options);
    GrowingGenerator {
        linear: EqualisedLinear::new(latent, maps(0) * side * side, 0.0, 1.0, key.purpose("linear"), options),
        first: EqualisedConv2d::new(maps(0), maps(0), 3, key.purpose("first"), options),
        blocks: (1..=top).map(block).collect(),
        to_rgb: (0..=top).map(rgb).collect(),
        channels: maps(0),
        side,
    }
}

impl Stateful for GrowingGenerator {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("linear", &mut self.linear);
        v.part("first", &mut self.first);
        visit_all(&mut self.blocks, "blocks", 1, v);
        visit_all(&mut self.to_rgb, "to_rgb", 0, v);
    }
}

impl Module for GrowingGenerator {
    fn forward(&self, z: &Tensor, cx: &mut Ctx) -> Tensor {
        let (level, share) = stage(cx.growth(), self.blocks.len());
        let normed = |x: Tensor| pixel_norm(&scaled_leaky_relu(&x));
        let x = cx.part("linear", &self.linear, &pixel_norm(z));
        let x = normed(x.reshape([z.dims()[0], self.channels, self.side, self.side]));
        let mut x = normed(cx.part("first", &self.first, &x));
        let mut old = None;
        for (i, block) in self.blocks.iter().enumerate().take(level) {
            if i + 1 == level && share < 1.0 {
                old = Some(doubled(&cx.part(&format!("to_rgb.{i}"), &self.to_rgb[i], &x)));
            }
            x = normed(cx.part(&format!("blocks.{}.conv1", i + 1), &block.conv1, &doubled(&x)));
            x = normed(cx.part(&format!("blocks.{}.conv2", i + 1), &block.conv2, &x));
        }
        let images = cx.part(&format!("to_rgb.{level}"), &self.to_rgb[level], &x);
        old.map_or_else(|| images.clone(), |old| blend(&old, &images, share))
    }
}

/// Images of a level to logits, the mirror of the generator.
pub struct GrowingDiscriminator {
    from_rgb: Vec<EqualisedConv2d>,
    /// Those of level 1 and on.
    blocks: Vec<Pair>,
    minibatch_std: Option<MinibatchStd>,
    last: EqualisedConv2d,
    hidden: EqualisedLinear,
    linear: EqualisedLinear,
    channels: usize,
}

/// A discriminator of images of up to `[n, channels, size, size]`, with `width` channels behind the largest. Of the parts
/// it takes the minibatch standard deviation alone.
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
) -> GrowingDiscriminator {
    let (side, top) = (first_side(size), top(size));
    let maps = |level: usize| width << (top - level);
    let block = |i: usize| Pair::new([maps(i), maps(i), maps(i - 1)], key_of(key, "blocks", i), options);
    let rgb = |i: usize| EqualisedConv2d::new(channels, maps(i), 1, key_of(key, "from_rgb", i), options);
    let seen = maps(0) + usize::from(parts.minibatch_std);
    let linear = |from, to, name: &str| EqualisedLinear::new(from, to, 0.0, 1.0, key.purpose(name), options);
    GrowingDiscriminator {
        from_rgb: (0..=top).map(rgb).collect(),
        blocks: (1..=top).map(block).collect(),
        minibatch_std: parts.minibatch_std.then(|| MinibatchStd::new(options)),
        last: EqualisedConv2d::new(seen, maps(0), 3, key.purpose("last"), options),
        hidden: linear(maps(0) * side * side, maps(0), "hidden"),
        linear: linear(maps(0), 1, "linear"),
        channels: maps(0),
    }
}

impl Stateful for GrowingDiscriminator {
    fn visit(&mut self, v: &mut StateVisitor) {
        visit_all(&mut self.from_rgb, "from_rgb", 0, v);
        visit_all(&mut self.blocks, "blocks", 1, v);
        v.part("minibatch_std", &mut self.minibatch_std);
        v.part("last", &mut self.last);
        v.part("hidden", &mut self.hidden);
        v.part("linear", &mut self.linear);
    }
}

impl Module for GrowingDiscriminator {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let features = self.features(x, cx);
        self.head(&features, cx)
    }
}

impl Discriminator for GrowingDiscriminator {
    fn channels(&self) -> usize {
        self.channels
    }

    fn features(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let (level, share) = stage(cx.growth(), self.blocks.len());
        let from = |i: usize, x: &Tensor, cx: &mut Ctx| {
            scaled_leaky_relu(&cx.part(&format!("from_rgb.{i}"), &self.from_rgb[i], x))
        };
        let mut y = from(level, x, cx);
        for (i, block) in self.blocks.iter().enumerate().take(level).rev() {
            y = scaled_leaky_relu(&cx.part(&format!("blocks.{}.conv1", i + 1), &block.conv1, &y));
            y = scaled_leaky_relu(&cx.part(&format!("blocks.{}.conv2", i + 1), &block.conv2, &y));
            y = halved(&y);
            if i + 1 == level && share < 1.0 {
                y = blend(&from(i, &halved(x), cx), &y, share);
            }
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
    use kiln_nn::Ctx;

    #[test]
    fn a_level_has_its_size_and_fades_from_the_one_below() {
        let options = TensorOptions::cpu_f64();
        let key = Key::new(1);
        let g = generator(32, 3, 5, 2, key, &options);
        let d = discriminator(32, 3, 2, DiscriminatorParts::default(), key, &options);
        let z = Tensor::normal(key, [2, 5], options.dtype, &options.device);
        let at = |level: f64| g.forward(&z, &mut Ctx::eval().grown_to(level));
        for (level, side) in [(0.0, 4), (0.5, 8), (1.0, 8), (2.25, 32), (3.0, 32), (9.0, 32)] {
            let images = at(level);
            assert_eq!(images.dims()[..], [2, 3, side, side], "{level}");
            assert_eq!(d.forward(&images, &mut Ctx::eval().grown_to(level)).dims()[..], [2, 1]);
            let real = shrunk(&options.ones([2, 3, 32, 32]), level);
            assert_eq!((real.dims(), real.to_f64_vec().unwrap()[0]), (images.dims(), 1.0));
        }
        // Just above a level, images and logits are those of the level.
        let close = |a: &Tensor, b: &Tensor| (a - b).abs().max(..).item().unwrap() < 1e-6;
        assert!(close(&at(1.0 + 1e-9), &doubled(&at(1.0))));
        let judged = |x: &Tensor, level: f64| d.forward(x, &mut Ctx::eval().grown_to(level));
        assert!(close(&judged(&doubled(&at(1.0)), 1.0 + 1e-9), &judged(&at(1.0), 1.0)));
        let checkers = Tensor::normal(key, [1, 1, 32, 32], options.dtype, &options.device);
        assert!(close(&shrunk(&checkers, 1.0 + 1e-9), &doubled(&shrunk(&checkers, 1.0))));
        assert!(close(&shrunk(&checkers, 2.0 - 1e-9), &shrunk(&checkers, 2.0)));
    }
}
