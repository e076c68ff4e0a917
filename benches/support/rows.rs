//! The training steps that are measured.

use super::{cyclegan, flops};
use kiln::grad::Tensor;
use kiln::models::ModelConfig;
use kiln::nn::layers::{Activation, Conv2d, Flatten, Sequential};
use kiln::nn::loss::gradient_penalty;
use kiln::nn::optim::{Adam, Optimizer};
use kiln::nn::{Batch, Ctx, Images, Module, PixelRange, StepCtx, TensorOptions, named_parameters};
use kiln::tensor::random::Key;

/// A model and a batch size.
pub struct Row {
    pub name: &'static str,
    pub batch: usize,
    /// Operations of a step in 10⁹, for each image of the batch.
    pub gflop: f64,
    /// Makes the model for batches of a size, at a place.
    pub make: Make,
}

type Make = Box<dyn Fn(usize, &TensorOptions) -> Step>;
/// A step of training, which ends when its losses are known.
pub type Step = Box<dyn FnMut()>;

/// All rows, by the names that the programs under `benches/peers` know them by too.
pub fn rows() -> Vec<Row> {
    let row = |name, batch, gflop, make| Row { name, batch, gflop, make };
    let of = |config: ModelConfig, shape: [usize; 3]| -> Make {
        Box::new(move |batch, options| training(&config, batch, shape, options))
    };
    let (dcgan64, dcgan32) = (dcgan(64, 64), dcgan(32, 32));
    let (conv, mlp) = (vae("vae-conv", "\"width\":32,\"hidden\":256"), vae("vae", "\"hidden\":400"));
    vec![
        row("dcgan64", 64, flops::gan(64, 3, 64), of(dcgan64, [3, 64, 64])),
        row("dcgan32", 128, flops::gan(32, 1, 32), of(dcgan32, [1, 32, 32])),
        row("convvae", 128, flops::conv_vae(), of(conv, [1, 28, 28])),
        row("mlpvae", 128, flops::mlp_vae(), of(mlp, [1, 28, 28])),
        row("wgangp", 128, flops::critic(), Box::new(critic)),
        row("cyclegan1", 1, cyclegan::gflop(), Box::new(cyclegan::step)),
        row("cyclegan4", 4, cyclegan::gflop(), Box::new(cyclegan::step)),
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
pub fn random_images(key: Key, batch: usize, [c, h, w]: [usize; 3], options: &TensorOptions) -> Tensor {
    Tensor::uniform(key, [batch, c, h, w], options.dtype, &options.device)
}

/// The step of a model from its settings.
fn training(config: &ModelConfig, batch: usize, shape: [usize; 3], options: &TensorOptions) -> Step {
    let mut model = config.build(shape, 0, options).expect("the settings are right");
    let images = Images::new(random_images(Key::new(1), batch, shape, options), PixelRange::Unit);
    let batch = Batch::of_images(images);
    let mut step = 0;
    Box::new(move || {
        let metrics = model.step(&batch, &StepCtx::new(0, step)).expect("the device does not fail");
        metrics.read().expect("the device does not fail");
        step += 1;
    })
}

/// The step of a WGAN-GP critic on 32×32×1 images.
fn critic(batch: usize, options: &TensorOptions) -> Step {
    let key = Key::new(0);
    let conv = |from, to, i: u32| Conv2d::new(from, to, 4, key.step(i), options).without_bias();
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
    let [real, fake] =
        [1, 2].map(|seed| random_images(Key::new(seed), batch, [1, 32, 32], options) * 2.0 - 1.0);
    let mut step = 0;
    Box::new(move || {
        let judge = |x: &Tensor| net.forward(x, &mut Ctx::train(key));
        let penalty = gradient_penalty(judge, &real, &fake, key.step(step)) * 10.0;
        let loss = judge(&fake).mean(..) - judge(&real).mean(..) + penalty;
        let value = loss.detach();
        adam.minimize(loss);
        value.item().expect("the device does not fail");
        step += 1;
    })
}
