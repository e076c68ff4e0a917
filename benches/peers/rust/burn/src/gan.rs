//! DCGAN as in PyTorch's examples/dcgan.

use crate::timing::Measure;
use crate::{conv, conv_transpose, value};
use burn::module::Module;
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Tensor, activation};

const NOISE: usize = 100;

#[derive(Module, Debug)]
struct Generator {
    convs: Vec<ConvTranspose2d>,
    norms: Vec<BatchNorm>,
}

#[derive(Module, Debug)]
struct Discriminator {
    convs: Vec<Conv2d>,
    norms: Vec<BatchNorm>,
}

fn doublings(size: usize) -> usize {
    if size == 64 { 4 } else { 3 }
}

fn norm(channels: usize, device: &Device) -> BatchNorm {
    BatchNormConfig::new(channels).init(device)
}

impl Generator {
    fn new(size: usize, channels: usize, width: usize, device: &Device) -> Self {
        let widths: Vec<usize> = (0..doublings(size)).rev().map(|i| width << i).collect();
        let mut convs = vec![conv_transpose(NOISE, widths[0], 1, 0)];
        convs.extend(widths.windows(2).map(|pair| conv_transpose(pair[0], pair[1], 2, 1)));
        convs.push(conv_transpose(width, channels, 2, 1));
        Self {
            convs: convs.into_iter().map(|conv| conv.with_bias(false).init(device)).collect(),
            norms: widths.iter().map(|&channels| norm(channels, device)).collect(),
        }
    }

    fn forward(&self, noise: Tensor<4>) -> Tensor<4> {
        let (last, inner) = self.convs.split_last().expect("layers");
        let x = inner
            .iter()
            .zip(&self.norms)
            .fold(noise, |x, (conv, norm)| activation::relu(norm.forward(conv.forward(x))));
        last.forward(x).tanh()
    }
}

impl Discriminator {
    fn new(size: usize, channels: usize, width: usize, device: &Device) -> Self {
        let widths: Vec<usize> = (0..doublings(size)).map(|i| width << i).collect();
        let mut convs = vec![conv(channels, width, 2, 1)];
        convs.extend(widths.windows(2).map(|pair| conv(pair[0], pair[1], 2, 1)));
        convs.push(conv(*widths.last().expect("layers"), 1, 1, 0));
        Self {
            convs: convs.into_iter().map(|conv| conv.with_bias(false).init(device)).collect(),
            norms: widths[1..].iter().map(|&channels| norm(channels, device)).collect(),
        }
    }

    /// The probability that each image is real.
    fn forward(&self, images: Tensor<4>) -> Tensor<1> {
        let (last, inner) = self.convs.split_last().expect("layers");
        let mut x = images;
        for (i, conv) in inner.iter().enumerate() {
            x = conv.forward(x);
            if i > 0 {
                x = self.norms[i - 1].forward(x);
            }
            x = activation::leaky_relu(x, 0.2);
        }
        activation::sigmoid(last.forward(x)).flatten(0, 3)
    }
}

/// Binary cross-entropy with the target 1.
fn real_loss(probability: Tensor<1>) -> Tensor<1> {
    probability.log().neg().mean()
}

/// Binary cross-entropy with the target 0.
fn fake_loss(probability: Tensor<1>) -> Tensor<1> {
    real_loss(probability.neg() + 1.0)
}

pub fn dcgan(measure: &Measure, size: usize, channels: usize, width: usize, device: &Device) {
    // A step takes networks by value and gives them back, changed.
    let mut generator = Some(Generator::new(size, channels, width, device));
    let mut discriminator = Some(Discriminator::new(size, channels, width, device));
    let adam = AdamConfig::new().with_beta_1(0.5).with_beta_2(0.999).with_epsilon(1e-8);
    let (mut g_adam, mut d_adam) = (adam.init(), adam.init());
    let batch = measure.batch;
    let real = Tensor::<4>::random([batch, channels, size, size], Distribution::Uniform(-1.0, 1.0), device);
    measure.run(|| {
        let (g, d) = (generator.take().expect("given back"), discriminator.take().expect("given back"));
        let on_real = real_loss(d.forward(real.clone()));
        let noise = Tensor::<4>::random([batch, NOISE, 1, 1], Distribution::Normal(0.0, 1.0), device);
        let fake = g.forward(noise);
        let d_loss = on_real + fake_loss(d.forward(fake.clone().detach()));
        let gradients = GradientsParams::from_grads(d_loss.backward(), &d);
        let d = d_adam.step(2e-4, d, gradients);
        let g_loss = real_loss(d.forward(fake));
        let gradients = GradientsParams::from_grads(g_loss.backward(), &g);
        let g = g_adam.step(2e-4, g, gradients);
        (generator, discriminator) = (Some(g), Some(d));
        value(d_loss) + value(g_loss)
    });
}
