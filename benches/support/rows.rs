//! The training steps that are measured.

use super::{cyclegan, flops};
use kiln::grad::{DType, Device, Tensor};
use kiln::models::ModelConfig;
use kiln::nn::layers::{Activation, Conv2d, Flatten, Sequential};
use kiln::nn::loss::gradient_penalty;
use kiln::nn::optim::{Adam, Optimizer};
use kiln::nn::{Batch, Ctx, Images, Module, Place, Range, StepCtx, named_parameters};
use kiln::tensor::random::Key;

/// A model and a batch size, with the operations of a step in 10⁹.
pub struct Row {
    pub name: &'static str,
    pub batch: usize,
    pub gflop: f64,
    /// Makes the model; each call of the result is a step.
    pub make: Make,
}

type Make = Box<dyn Fn() -> Box<dyn FnMut()>>;

/// All rows, by the names that the programs under `benches/peers` know them by too.
pub fn rows() -> Vec<Row> {
    let row = |name, batch, gflop: f64, make: Make| Row { name, batch, gflop: gflop * batch as f64, make };
    let (dcgan64, dcgan32) = (dcgan(64, 64), dcgan(32, 32));
    let (conv, mlp) = (vae("vae-conv", "\"width\":32,\"hidden\":256"), vae("vae", "\"hidden\":400"));
    vec![
        row("dcgan64", 64, flops::gan(64, 3, 64), Box::new(move || training(&dcgan64, 64, [3, 64, 64]))),
        row("dcgan32", 128, flops::gan(32, 1, 32), Box::new(move || training(&dcgan32, 128, [1, 32, 32]))),
        row("convvae", 128, flops::conv_vae(), Box::new(move || training(&conv, 128, [1, 28, 28]))),
        row("mlpvae", 128, flops::mlp_vae(), Box::new(move || training(&mlp, 128, [1, 28, 28]))),
        row("wgangp", 128, flops::critic(), Box::new(|| critic(128))),
        row("cyclegan1", 1, cyclegan::gflop(), Box::new(|| cyclegan::step(1))),
        row("cyclegan4", 4, cyclegan::gflop(), Box::new(|| cyclegan::step(4))),
    ]
}

fn dcgan(size: usize, width: usize) -> ModelConfig {
    config(&format!(
        "{{\"family\":\"dcgan\",\"size\":{size},\"latent\":100,\"width\":{width},\"discriminator_norm\":true,\"loss\":\"non-saturating\",\"lr\":2e-4,\"beta1\":0.5,\"beta2\":0.999,\"average\":0.995}}"
    ))
}

fn vae(family: &str, rest: &str) -> ModelConfig {
    config(&format!("{{\"family\":\"{family}\",\"latent\":20,{rest},\"kl_weight\":1.0,\"lr\":1e-3}}"))
}

fn config(json: &str) -> ModelConfig {
    serde_json::from_str(json).expect("the settings are right")
}

/// Images in `[0, 1)`.
pub fn random_images(key: Key, batch: usize, [c, h, w]: [usize; 3]) -> Tensor {
    Tensor::uniform(key, [batch, c, h, w], DType::F32, &Device::cpu())
}

/// The step of a model from its settings.
fn training(config: &ModelConfig, batch: usize, shape: [usize; 3]) -> Box<dyn FnMut()> {
    let mut model = config.build(shape, 0, &Place::default()).expect("the settings are right");
    let images = Images::new(random_images(Key::new(1), batch, shape), Range::Unit);
    let batch = Batch { images, labels: None, targets: None };
    let mut step = 0;
    Box::new(move || {
        let metrics = model.step(&batch, &StepCtx::new(0, step)).expect("the CPU does not fail");
        metrics.read().expect("the CPU does not fail");
        step += 1;
    })
}

/// The step of a WGAN-GP critic on 32×32×1 images.
fn critic(batch: usize) -> Box<dyn FnMut()> {
    let (key, place) = (Key::new(0), Place::default());
    let conv = |from, to, i: u32| Conv2d::new(from, to, 4, key.step(i), &place).without_bias();
    let half = |from, to, i| conv(from, to, i).stride(2).padding(1);
    let mut net = Sequential::new()
        .add(half(1, 32, 0))
        .add(Activation::LeakyRelu(0.2))
        .add(half(32, 64, 1))
        .add(Activation::LeakyRelu(0.2))
        .add(half(64, 128, 2))
        .add(Activation::LeakyRelu(0.2))
        .add(conv(128, 1, 3))
        .add(Flatten);
    let mut adam = Adam::new(named_parameters(&mut net), 1e-4).betas(0.0, 0.9);
    let [real, fake] = [1, 2].map(|seed| random_images(Key::new(seed), batch, [1, 32, 32]) * 2.0 - 1.0);
    let mut step = 0;
    Box::new(move || {
        let judge = |x: &Tensor| net.forward(x, &mut Ctx::train(key));
        let penalty = gradient_penalty(judge, &real, &fake, key.step(step)) * 10.0;
        let loss = judge(&fake).mean(..) - judge(&real).mean(..) + penalty;
        let value = loss.detach();
        adam.minimize(loss);
        value.item().expect("the CPU does not fail");
        step += 1;
    })
}
