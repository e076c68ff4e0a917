//! Two variational autoencoders of 28×28 images: of convolutions, and of dense layers.

use crate::timing::Measure;
use crate::{conv, conv_transpose, value};
use burn::module::Module;
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Distribution, Tensor};

const LATENT: usize = 20;

#[derive(Module, Debug)]
struct ConvVae {
    c1: Conv2d,
    c2: Conv2d,
    hidden: Linear,
    mean: Linear,
    log_variance: Linear,
    d1: Linear,
    d2: Linear,
    t1: ConvTranspose2d,
    t2: ConvTranspose2d,
}

#[derive(Module, Debug)]
struct MlpVae {
    hidden: Linear,
    mean: Linear,
    log_variance: Linear,
    d1: Linear,
    d2: Linear,
}

fn linear(from: usize, to: usize, device: &Device) -> Linear {
    LinearConfig::new(from, to).init(device)
}

/// Pixels in [0, 1).
fn images<const D: usize>(dims: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(dims, Distribution::Uniform(0.0, 1.0), device)
}

fn sample(mean: &Tensor<2>, log_variance: &Tensor<2>, device: &Device) -> Tensor<2> {
    let noise = Tensor::<2>::random(mean.dims(), Distribution::Normal(0.0, 1.0), device);
    mean.clone() + noise * (log_variance.clone() * 0.5).exp()
}

fn loss(made: Tensor<2>, x: Tensor<2>, mean: Tensor<2>, log_variance: Tensor<2>) -> Tensor<1> {
    let made = made.clamp(1e-7, 1.0 - 1e-7);
    let likelihood = (x.clone() * made.clone().log() + (x.neg() + 1.0) * (made.neg() + 1.0).log()).sum();
    let kl = (log_variance.clone() + 1.0 - mean.clone() * mean - log_variance.exp()).sum() * -0.5;
    kl - likelihood
}

pub fn conv_vae(measure: &Measure, device: &Device) {
    let linear = |from, to| linear(from, to, device);
    let batch = measure.batch;
    let x = images([batch, 1, 28, 28], device);
    let mut network = Some(ConvVae {
        c1: conv(1, 32, 2, 1).init(device),
        c2: conv(32, 64, 2, 1).init(device),
        hidden: linear(3136, 256),
        mean: linear(256, LATENT),
        log_variance: linear(256, LATENT),
        d1: linear(LATENT, 256),
        d2: linear(256, 3136),
        t1: conv_transpose(64, 32, 2, 1).init(device),
        t2: conv_transpose(32, 1, 2, 1).init(device),
    });
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    measure.run(|| {
        let n = network.take().expect("given back");
        let h = relu(n.c2.forward(relu(n.c1.forward(x.clone())))).reshape([batch, 3136]);
        let h = relu(n.hidden.forward(h));
        let (mean, log_variance) = (n.mean.forward(h.clone()), n.log_variance.forward(h));
        let code = sample(&mean, &log_variance, device);
        let h = relu(n.d2.forward(relu(n.d1.forward(code)))).reshape([batch, 64, 7, 7]);
        let made = sigmoid(n.t2.forward(relu(n.t1.forward(h))));
        let pixels = |images: Tensor<4>| images.reshape([batch, 784]);
        let loss = loss(pixels(made), pixels(x.clone()), mean, log_variance);
        let gradients = GradientsParams::from_grads(loss.backward(), &n);
        network = Some(adam.step(1e-3, n, gradients));
        value(loss)
    });
}

pub fn mlp_vae(measure: &Measure, device: &Device) {
    let linear = |from, to| linear(from, to, device);
    let x = images([measure.batch, 784], device);
    let mut network = Some(MlpVae {
        hidden: linear(784, 400),
        mean: linear(400, LATENT),
        log_variance: linear(400, LATENT),
        d1: linear(LATENT, 400),
        d2: linear(400, 784),
    });
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    measure.run(|| {
        let n = network.take().expect("given back");
        let h = relu(n.hidden.forward(x.clone()));
        let (mean, log_variance) = (n.mean.forward(h.clone()), n.log_variance.forward(h));
        let code = sample(&mean, &log_variance, device);
        let made = sigmoid(n.d2.forward(relu(n.d1.forward(code))));
        let loss = loss(made, x.clone(), mean, log_variance);
        let gradients = GradientsParams::from_grads(loss.backward(), &n);
        network = Some(adam.step(1e-3, n, gradients));
        value(loss)
    });
}
