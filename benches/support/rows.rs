//! The training steps that are measured.

use super::{cyclegan, flops};
use kiln::grad::Tensor;
use kiln::models;
use kiln::nn::layers::{Activation, Conv2d, Flatten, Sequential};
use kiln::nn::loss::gradient_penalty;
use kiln::nn::optim::{Adam, Optimizer};
use kiln::nn::{Batch, Ctx, DataInfo, Images, Module, PixelRange, StepCtx, TensorOptions, named_parameters};
use kiln::tensor::random::Key;

/// A model and a batch size.
pub struct StepRow {
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
pub fn rows() -> Vec<StepRow> {
    let row = |name, batch, gflop, make| StepRow { name, batch, gflop, make };
    let of = |recipe: &'static str, shape: [usize; 3]| -> Make {
        Box::new(move |batch, options| training(recipe, batch, shape, options))
    };
    vec![
        row("dcgan64", 64, flops::gan(64, 3, 64), of("dcgan-64", [3, 64, 64])),
        row("dcgan32", 128, flops::gan(32, 1, 32), of("dcgan-32", [1, 32, 32])),
        row("convvae", 128, flops::conv_vae(), of("vae-conv", [1, 28, 28])),
        row("mlpvae", 128, flops::mlp_vae(), of("vae", [1, 28, 28])),
        row("iwae50", 100, flops::iwae(50), of("iwae", [1, 28, 28])),
        row("wgangp", 128, flops::critic(), Box::new(critic)),
        row("cyclegan1", 1, cyclegan::gflop(), Box::new(cyclegan::step)),
        row("cyclegan4", 4, cyclegan::gflop(), Box::new(cyclegan::step)),
    ]
}

/// Images in `[0, 1)`.
pub fn random_images(key: Key, batch: usize, [c, h, w]: [usize; 3], options: &TensorOptions) -> Tensor {
    Tensor::uniform(key, [batch, c, h, w], options.dtype, &options.device)
}

/// The step of a recipe's model.
fn training(recipe: &str, batch: usize, shape: [usize; 3], options: &TensorOptions) -> Step {
    let settings =
        models::recipe(recipe).expect("it comes with kiln").settings().expect("its settings are right");
    let mut model = settings.build(&DataInfo::of_images(shape), 0, options).expect("it fits the data");
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
