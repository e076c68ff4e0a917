//! Adversarial training: every loss, norm, bound and conditioning that a file's settings name.

use crate::file::{Golden, Series, values};
use kiln::grad::{DType, Device, Tensor};
use kiln::models::adversarial::{AdversarialTraining, Networks, Penalty, PenaltyKind, Rules};
use kiln::models::blocks::{ConditionalDiscriminator, ConditionalGenerator};
use kiln::models::nets::{NormKind, dcgan};
use kiln::nn::{StepCtx, TensorOptions, named_parameters};
use kiln::tensor::random::Key;

/// The networks of a file, with the weights they start from.
pub fn networks(golden: &Golden, options: &TensorOptions) -> Networks {
    let [size, channels, latent, classes, width] =
        ["size", "channels", "latent", "classes", "width"].map(|name| golden.count(name));
    let key = Key::new(0);
    let generator = || {
        let body = |latent| Box::new(dcgan::generator(size, channels, latent, width, key, options));
        match classes {
            0 => ConditionalGenerator::plain(body(latent)),
            _ => {
                let latent = latent + ConditionalGenerator::class_width(classes);
                ConditionalGenerator::of_classes(body(latent), classes, key, options)
            }
        }
    };
    let body = Box::new(dcgan::discriminator(
        size,
        channels,
        width,
        golden.setting::<NormKind>("norm"),
        key,
        options,
    ));
    let discriminator = match classes {
        0 => ConditionalDiscriminator::plain(body),
        _ => ConditionalDiscriminator::projection(body, classes, key, options),
    };
    let mut networks = Networks { generator: generator(), average: generator(), discriminator };
    golden.set_parameters("G.", named_parameters(&mut networks.generator), options.dtype);
    golden.set_parameters("D.", named_parameters(&mut networks.discriminator), options.dtype);
    networks
}

fn steps(file: &str, dtype: DType, tolerance: impl Fn(usize) -> f64) {
    let golden = Golden::read(file);
    let options = TensorOptions::new(dtype, &Device::cpu());
    let rules = Rules {
        average_decay: 0.9,
        critic_steps: golden.setting("critic_steps"),
        clip_weights: golden.setting("clip_weights"),
        penalty: golden
            .setting::<Option<f64>>("penalty")
            .map(|weight| Penalty::new(PenaltyKind::Gradient, weight)),
        ..Rules::new(golden.count("latent"), golden.setting("loss"))
    };
    let optimizer = || golden.setting("optimizer");
    let networks = networks(&golden, &options);
    let mut model = AdversarialTraining::new(networks, &[optimizer(), optimizer()], rules, options.clone());
    let (batch, classes) = (golden.count("batch"), golden.count("classes"));
    let mut have = Series::default();
    for step in 0..golden.count("steps") {
        let real = golden.data("real", 2000, step, dtype);
        let noise = golden.data("z", 3000, step, dtype);
        let labels = (classes > 0).then(|| {
            let labels: Vec<u32> = (0..batch).map(|i| ((i + 3 * step) % classes) as u32).collect();
            Tensor::from_slice(&labels, [batch], &options.device)
        });
        let cx = StepCtx::new(0, step as u64);
        have.push(model.step_with(&real, labels.as_ref(), &noise, &cx).unwrap());
    }
    golden.agree_in_metrics(&format!("{file} {dtype}"), &have, tolerance);
    if dtype == DType::F64 {
        golden.agree_in_sums(&values(&mut model, &[("generator.", "G."), ("discriminator.", "D.")]));
    }
}

#[test]
fn dcgan_in_f64() {
    steps("dcgan.json", DType::F64, |_| 1e-10);
    steps("dcgan_narrow.json", DType::F64, |_| 1e-10);
}

/// At this width some activation is always so close to a ReLU's kink that rounding takes it across, and runs
/// part from there: PyTorch's own `f32` runs, with one or two threads or another layout, differ by up to
/// 1e-2 after step 5, and kiln's from step 5 on. Before that, and without such activations, they agree.
#[test]
fn dcgan_in_f32() {
    steps("dcgan.json", DType::F32, |step| if step < 5 { 1e-4 } else { 5e-2 });
    steps("dcgan_narrow.json", DType::F32, |_| 1e-4);
}

#[test]
fn wgan_gp_in_f64() {
    steps("wgan_gp.json", DType::F64, |_| 1e-10);
    steps("wgan_gp_grey.json", DType::F64, |_| 1e-10);
}

#[test]
fn wgan_gp_in_f32() {
    steps("wgan_gp.json", DType::F32, |_| 1e-4);
    steps("wgan_gp_grey.json", DType::F32, |_| 1e-4);
}

#[test]
fn wgan_with_clipped_weights_in_f64() {
    steps("wgan.json", DType::F64, |_| 1e-10);
}

#[test]
fn wgan_with_clipped_weights_in_f32() {
    steps("wgan.json", DType::F32, |_| 1e-4);
}

#[test]
fn lsgan_in_f64() {
    steps("lsgan.json", DType::F64, |_| 1e-10);
}

#[test]
fn lsgan_in_f32() {
    steps("lsgan.json", DType::F32, |_| 1e-4);
}

#[test]
fn cgan_in_f64() {
    steps("cgan.json", DType::F64, |_| 1e-10);
}

#[test]
fn cgan_in_f32() {
    steps("cgan.json", DType::F32, |_| 1e-4);
}
