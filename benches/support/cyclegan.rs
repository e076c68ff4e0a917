//! CycleGAN (Zhu et al., 2017) on 64×64×3 images: two generators of six residual blocks, two 70×70 PatchGAN
//! discriminators, instance norm.

use super::flops;
use super::rows::{Step, random_images};
use kiln::grad::Tensor;
use kiln::nn::layers::{Activation, Conv2d, ConvTranspose2d, InstanceNorm, ReflectionPad2d, Sequential};
use kiln::nn::loss::{Reduction, l1};
use kiln::nn::optim::{Adam, Optimizer};
use kiln::nn::{Ctx, Module, TensorOptions, named_parameters, stateful};
use kiln::tensor::Window;
use kiln::tensor::random::Key;

const SIZE: usize = 64;
const BLOCKS: usize = 6;

/// `x + body(x)`.
struct Residual {
    body: Sequential,
}
stateful!(Residual: body);

impl Module for Residual {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        x + self.body.forward(x, cx)
    }
}

fn residual(channels: usize, key: Key, options: &TensorOptions) -> Residual {
    let half = |body: Sequential| {
        body.add(ReflectionPad2d::new(1))
            .with(key, |key| Conv2d::new(channels, channels, 3, key, options))
            .add(InstanceNorm::new())
    };
    Residual { body: half(half(Sequential::new()).add(Activation::Relu)) }
}

fn generator(key: Key, options: &TensorOptions) -> Sequential {
    let norm = |net: Sequential| net.add(InstanceNorm::new()).add(Activation::Relu);
    let mut net = Sequential::new().add(ReflectionPad2d::new(3));
    net = norm(net.with(key, |key| Conv2d::new(3, 64, 7, key, options)));
    for c in [64, 128] {
        net = norm(net.with(key, |key| Conv2d::new(c, 2 * c, 3, key, options).stride(2).padding(1)));
    }
    for _ in 0..BLOCKS {
        net = net.with(key, |key| residual(256, key, options));
    }
    for c in [256, 128] {
        net = norm(net.with(key, |key| {
            ConvTranspose2d::new(c, c / 2, 3, key, options).stride(2).padding(1).output_padding(1)
        }));
    }
    net.add(ReflectionPad2d::new(3))
        .with(key, |key| Conv2d::new(64, 3, 7, key, options))
        .add(Activation::Tanh)
}

/// Each of its outputs judges a patch of 70×70 pixels.
fn discriminator(key: Key, options: &TensorOptions) -> Sequential {
    let conv = |net: Sequential, from, to, stride: usize| {
        net.with(key, |key| Conv2d::new(from, to, 4, key, options).stride(stride).padding(1))
    };
    let leaky = |net: Sequential| net.add(Activation::LeakyRelu(0.2));
    let mut net = leaky(conv(Sequential::new(), 3, 64, 2));
    for (from, to, stride) in [(64, 128, 2), (128, 256, 2), (256, 512, 1)] {
        net = leaky(conv(net, from, to, stride).add(InstanceNorm::new()));
    }
    conv(net, 512, 1, 1)
}

/// A network for each of the two domains.
struct Two {
    a: Sequential,
    b: Sequential,
}
stateful!(Two: a, b);

/// The mean square distance of judgements from what they should be.
fn distance(judged: &Tensor, target: f64) -> Tensor {
    (judged - target).square().mean(..)
}

/// A step: both generators, then both discriminators.
pub fn step(batch: usize, options: &TensorOptions) -> Step {
    let key = Key::new(0);
    let two = |make: fn(Key, &TensorOptions) -> Sequential, purpose: &str| {
        let [a, b] = ["a", "b"].map(|name| make(key.purpose(purpose).purpose(name), options));
        Two { a, b }
    };
    // `g.a` makes images of domain B from those of A; `d.a` judges what `g.a` makes.
    let (mut g, mut d) = (two(generator, "generator"), two(discriminator, "discriminator"));
    let adam = |named| Adam::new(named, 2e-4).betas(0.5, 0.999);
    let (mut g_adam, mut d_adam) = (adam(named_parameters(&mut g)), adam(named_parameters(&mut d)));
    let [real_a, real_b] =
        [1, 2].map(|seed| random_images(Key::new(seed), batch, [3, SIZE, SIZE], options) * 2.0 - 1.0);
    Box::new(move || {
        let run = |net: &Sequential, x: &Tensor| net.forward(x, &mut Ctx::train(key));
        let near = |x: &Tensor, target: &Tensor| l1(x, target, Reduction::Mean);
        let (fake_b, fake_a) = (run(&g.a, &real_a), run(&g.b, &real_b));
        let cycle = near(&run(&g.b, &fake_b), &real_a) + near(&run(&g.a, &fake_a), &real_b);
        let identity = near(&run(&g.a, &real_b), &real_b) + near(&run(&g.b, &real_a), &real_a);
        let fooled = distance(&run(&d.a, &fake_b), 1.0) + distance(&run(&d.b, &fake_a), 1.0);
        let loss = fooled + cycle * 10.0 + identity * 5.0;
        let value = loss.detach();
        // Their graph must end with the generators' step.
        let (fake_b, fake_a) = (fake_b.detach(), fake_a.detach());
        g_adam.minimize(loss);
        let judged = |net: &Sequential, real: &Tensor, fake: &Tensor| {
            (distance(&run(net, real), 1.0) + distance(&run(net, fake), 0.0)) * 0.5
        };
        d_adam.minimize(judged(&d.a, &real_b, &fake_b) + judged(&d.b, &real_a, &fake_a));
        value.item().expect("the device does not fail");
    })
}

/// The operations of a step for one image of each domain, in 10⁹.
pub fn gflop() -> f64 {
    let window = |size: usize| Window::new(size).stride(1);
    // Reflections are pixels, not zeros: a layer behind them has no padding.
    let first = flops::conv(3, 64, SIZE + 6, window(7));
    let scaling: f64 = [(64, 128, SIZE), (128, 256, SIZE / 2)]
        .iter()
        .map(|&(from, to, size)| flops::conv(from, to, size, window(3).stride(2).padding(1)))
        .sum();
    let block = 2.0 * flops::conv(256, 256, SIZE / 4 + 2, window(3));
    // The way up is the way down transposed.
    let g = 2.0 * first + 2.0 * scaling + BLOCKS as f64 * block;

    let patch =
        |from, to, size, stride: usize| flops::conv(from, to, size, window(4).stride(stride).padding(1));
    let first_d = patch(3, 64, 64, 2);
    let d = first_d
        + patch(64, 128, 32, 2)
        + patch(128, 256, 16, 2)
        + patch(256, 512, 8, 1)
        + patch(512, 1, 7, 1);
    // Generators: six passes each way, four of them on images that need no gradient; through the
    // discriminators twice, without gradients of their weights. Discriminators: four passes each way, all on
    // images that need no gradient.
    (18.0 * g - 4.0 * first) + 4.0 * d + (12.0 * d - 4.0 * first_d)
}
