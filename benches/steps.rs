//! Whole training steps: forward, backward, both networks, optimiser; f32, random data.
//!
//! ```text
//! cargo bench --bench steps [-- WORD..]
//! ```
//!
//! The generator's step computes no gradients of the discriminator's weights. FLOPs are those of the
//! direct method in convolutions and dense layers, without products with padding.

mod support;

use kiln::grad::{DType, Device, Tensor};
use kiln::models::ModelConfig;
use kiln::nn::layers::{Activation, Conv2d, Flatten, Sequential};
use kiln::nn::loss::gradient_penalty;
use kiln::nn::optim::{Adam, Optimizer};
use kiln::nn::{Batch, Ctx, Images, Module, Place, Range, StepCtx, named_parameters};
use kiln::tensor::random::Key;
use std::time::Duration;
use support::{Timing, announce, peak_rss_mib, wanted};

fn main() {
    let peak = announce();
    println!(
        "{:<18}{:>6}  {:<34}{:>10}{:>10}{:>8}{:>12}",
        "step", "batch", "time", "images/s", "GFLOP/s", "peak", "new memory"
    );
    for row in rows().into_iter().filter(|row| wanted(row.name)) {
        let Row { name, batch, gflop, make } = row;
        let mut step = make();
        (0..3).for_each(|_| step());
        let device = Device::cpu();
        let before = device.memory().fresh_bytes;
        let mut steps = 0;
        let time = Timing::of(Duration::from_secs(4), || {
            step();
            steps += 1;
        });
        let fresh = (device.memory().fresh_bytes - before) / steps;
        println!(
            "{name:<18}{batch:>6}  {:<34}{:>10.0}{:>10.1}{:>6.0} %{:>7} B/step",
            time.millis(),
            batch as f64 / time.median,
            gflop / time.median,
            100.0 * gflop / time.median / peak,
            fresh,
        );
    }
    let memory = Device::cpu().memory();
    println!("\ntensor memory in use at once: {:.0} MiB at most", memory.peak_bytes as f64 / 1_048_576.0);
    if let Some(rss) = peak_rss_mib() {
        println!("resident memory: {rss:.0} MiB at most (over all rows; name one row to see its own)");
    }
}

struct Row {
    name: &'static str,
    batch: usize,
    gflop: f64,
    make: Box<dyn Fn() -> Box<dyn FnMut()>>,
}

fn rows() -> Vec<Row> {
    let row = |name, batch, gflop: f64, make: Box<dyn Fn() -> Box<dyn FnMut()>>| Row {
        name,
        batch,
        gflop: gflop * batch as f64,
        make,
    };
    let dcgan = |size: usize, width: usize| {
        let text = format!(
            "{{\"family\":\"dcgan\",\"size\":{size},\"latent\":100,\"width\":{width},\"discriminator_norm\":true,\"loss\":\"non-saturating\",\"lr\":2e-4,\"beta1\":0.5,\"beta2\":0.999,\"average\":0.995}}"
        );
        config(&text)
    };
    let vae = |family: &str, rest: &str| {
        config(&format!("{{\"family\":\"{family}\",\"latent\":20,{rest},\"kl_weight\":1.0,\"lr\":1e-3}}"))
    };
    let (dcgan64, dcgan32) = (dcgan(64, 64), dcgan(32, 32));
    let (conv, mlp) = (vae("vae-conv", "\"width\":32,\"hidden\":256"), vae("vae", "\"hidden\":400"));
    vec![
        row("dcgan64", 64, gan_gflop(64, 3, 64), Box::new(move || training(&dcgan64, 64, [3, 64, 64]))),
        row("dcgan32", 128, gan_gflop(32, 1, 32), Box::new(move || training(&dcgan32, 128, [1, 32, 32]))),
        row("convvae", 128, conv_vae_gflop(), Box::new(move || training(&conv, 128, [1, 28, 28]))),
        row("mlpvae", 128, mlp_vae_gflop(), Box::new(move || training(&mlp, 128, [1, 28, 28]))),
        row("wgangp critic", 128, critic_gflop(), Box::new(|| critic(128))),
    ]
}

fn config(json: &str) -> ModelConfig {
    serde_json::from_str(json).expect("the settings are right")
}

fn random_images(batch: usize, [c, h, w]: [usize; 3]) -> Tensor {
    Tensor::uniform(Key::new(1), [batch, c, h, w], DType::F32, &Device::cpu())
}

/// The step of a model from its settings.
fn training(config: &ModelConfig, batch: usize, shape: [usize; 3]) -> Box<dyn FnMut()> {
    let mut model = config.build(shape, 0, &Place::default()).expect("the settings are right");
    let batch =
        Batch { images: Images::new(random_images(batch, shape), Range::Unit), labels: None, targets: None };
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
    let [real, fake] = [0, 1].map(|_| random_images(batch, [1, 32, 32]) * 2.0 - 1.0);
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

/// FLOPs of a 4×4 convolution of stride 2 and padding 1 from `size` to `size / 2`, an image, in 10⁹.
fn half_gflop(from: usize, to: usize, size: usize) -> f64 {
    // Along each axis two of the windows have one cell in the padding.
    let taps = (4 * (size / 2) - 2) as f64;
    2.0 * (from * to) as f64 * taps * taps / 1e9
}

/// A DCGAN step: three passes of D forward, gradients of its weights and inputs for two of them and of
/// its inputs for the third; G once each way.
fn gan_gflop(size: usize, channels: usize, width: usize) -> f64 {
    let (mut total, mut from, mut at, mut to) = (0.0, channels, size, width);
    while at > 4 {
        let f = half_gflop(from, to, at);
        let first = from == channels;
        total += f * if first { 3.0 + 2.0 + 1.0 } else { 3.0 + 2.0 + 2.0 + 1.0 } + f * 3.0;
        (from, at, to) = (to, at / 2, to * 2);
    }
    let (last_d, first_g) = (2.0 * (from * 16) as f64 / 1e9, 2.0 * (100 * from * 16) as f64 / 1e9);
    total + 8.0 * last_d + 2.0 * first_g
}

fn conv_vae_gflop() -> f64 {
    let (outer, inner) = (half_gflop(1, 32, 28), half_gflop(32, 64, 14));
    let dense = 2.0 * (64 * 49 * 256 * 2 + 256 * 20 * 2 + 20 * 256) as f64 / 1e9;
    // Everything forward and twice backward, but for the gradient of the input.
    2.0 * outer + 3.0 * outer + 6.0 * inner + 3.0 * dense
}

fn mlp_vae_gflop() -> f64 {
    let (first, rest) = (784 * 400, 400 * 20 * 2 + 20 * 400 + 400 * 784);
    2.0 * (2 * first + 3 * rest) as f64 / 1e9
}

/// A WGAN-GP critic: forward on real, fake and mixed; the gradient of the images and its own
/// derivatives for the weights.
fn critic_gflop() -> f64 {
    let layers = [half_gflop(1, 32, 32), half_gflop(32, 64, 16), half_gflop(64, 128, 8), 2.0 * 2048.0 / 1e9];
    let all: f64 = layers.iter().sum();
    let inner = all - layers[0];
    // Forward of three; dx of the mixed; of that: a forward pass and a weight gradient; then the
    // weight gradients of three, and the gradients of inner images.
    3.0 * all + all + 2.0 * all + 3.0 * all + 3.0 * inner
}
