//! Adversarial training of residual and grouped bodies, and of what composes with any.

use crate::file::{Golden, Series, values};
use kiln::grad::{DType, Tensor};
use kiln::models::adversarial::{AdversarialTraining, Auxiliary, Networks, Penalty, PenaltyKind, Rules};
use kiln::models::blocks::{ConditionalDiscriminator, ConditionalGenerator};
use kiln::models::nets::{Discriminator, DiscriminatorParts, GeneratorParts, dcgan, r3gan, resnet};
use kiln::nn::{Module, StepCtx, TensorOptions, named_parameters};
use kiln::tensor::random::Key;
use serde_json::Value;

/// The networks of a file, with the weights and spectral vectors they start from.
fn networks(golden: &Golden, options: &TensorOptions) -> Networks {
    let [size, channels, latent, classes, width, pack] =
        ["size", "channels", "latent", "classes", "width", "pack"].map(|name| golden.count(name));
    let (key, body) = (Key::new(0), golden.setting::<String>("body"));
    let (spectral, attention) = (golden.setting("spectral"), golden.setting("attention"));
    let by_norms = golden.setting::<bool>("conditional_norm");
    let generator = || {
        let latent = latent + if by_norms { 0 } else { classes };
        let norm_classes = if by_norms { classes } else { 0 };
        let parts = GeneratorParts { norm_classes, spectral, attention };
        let body: Box<dyn Module> = match &*body {
            "resnet" => Box::new(resnet::generator(size, channels, latent, width, parts, key, options)),
            "r3gan" => Box::new(r3gan::generator(size, channels, latent, width, key, options)),
            _ => Box::new(dcgan::generator(size, channels, latent, width, key, options)),
        };
        match classes {
            0 => ConditionalGenerator::plain(body),
            _ if by_norms => ConditionalGenerator::of_norms(body, classes),
            _ => ConditionalGenerator::of_classes(body, classes, key, options),
        }
    };
    let minibatch_std = golden.setting("minibatch_std");
    let parts = DiscriminatorParts { spectral, attention, minibatch_std, ..DiscriminatorParts::default() };
    let channels = channels * pack;
    let body: Box<dyn Discriminator> = match &*body {
        "resnet" => Box::new(resnet::discriminator(size, channels, width, parts, key, options)),
        "r3gan" => Box::new(r3gan::discriminator(size, channels, width, parts, key, options)),
        _ => Box::new(dcgan::discriminator(size, channels, width, parts, key, options)),
    };
    let discriminator = match golden.config("auxiliary")["outputs"].as_u64() {
        Some(outputs) => ConditionalDiscriminator::auxiliary(body, outputs as usize, key, options),
        None if golden.setting("projection") => {
            ConditionalDiscriminator::projection(body, classes, key, options)
        }
        None => ConditionalDiscriminator::plain(body),
    };
    let discriminator = if spectral { discriminator.spectral() } else { discriminator };
    let mut networks = Networks { generator: generator(), average: generator(), discriminator };
    golden.set_parameters("G.", named_parameters(&mut networks.generator), options.dtype);
    golden.set_parameters("D.", named_parameters(&mut networks.discriminator), options.dtype);
    golden.set_buffers("G.", "weight_u", &mut networks.generator, options.dtype);
    golden.set_buffers("D.", "weight_u", &mut networks.discriminator, options.dtype);
    networks
}

fn rules(golden: &Golden) -> Rules {
    let number = |value: &Value| value.as_f64().unwrap();
    let penalty = Some(golden.config("penalty")).filter(|table| table.is_object()).map(|table| Penalty {
        kind: serde_json::from_value::<PenaltyKind>(table["kind"].clone()).unwrap(),
        weight: number(&table["weight"]),
        falls_to: table["final"].as_array().map(|last| (number(&last[0]), last[1].as_u64().unwrap())),
        every: table["every"].as_u64().unwrap(),
    });
    let auxiliary = Some(golden.config("auxiliary")).filter(|table| table.is_object()).map(|table| {
        let weight = number(&table["weight"]);
        match table["kind"].as_str() {
            Some("classes") => Auxiliary::Classes { weight },
            _ => Auxiliary::Code {
                categories: golden.count("classes"),
                continuous: table["continuous"].as_u64().unwrap() as usize,
                weight,
            },
        }
    });
    Rules {
        label_smoothing: golden.setting("label_smoothing"),
        average_decay: 0.9,
        pack: golden.count("pack"),
        penalty,
        auxiliary,
        ..Rules::new(golden.count("latent"), golden.setting("loss"))
    }
}

/// Losses, penalties and norms of gradients of each step, and all state at the end.
fn steps(file: &str) {
    let (golden, options) = (Golden::read(file), TensorOptions::cpu_f64());
    let optimizer = || golden.setting("optimizer");
    let networks = networks(&golden, &options);
    let mut model =
        AdversarialTraining::new(networks, &[optimizer(), optimizer()], rules(&golden), options.clone());
    let (batch, classes) = (golden.count("batch"), golden.count("classes"));
    let mut have = Series::default();
    for step in 0..golden.count("steps") {
        let real = golden.data("real", 2000, step, DType::F64);
        let noise = golden.data("z", 3000, step, DType::F64);
        let labels = (classes > 0).then(|| {
            let labels: Vec<u32> = (0..batch).map(|i| ((i + 3 * step) % classes) as u32).collect();
            Tensor::from_slice(&labels, [batch], &options.device)
        });
        let cx = StepCtx::new(0, step as u64);
        have.push(model.step_with(&real, labels.as_ref(), &noise, &cx).unwrap());
    }
    golden.agree_in_metrics(file, &have, |_| 1e-10);
    golden.agree_in_sums(&values(&mut model, &[("generator.", "G."), ("discriminator.", "D.")]));
}

#[test]
fn a_residual_gan_with_spectral_norm_attention_and_classes() {
    steps("sagan.json");
}

#[test]
fn relativistic_pairing_of_grouped_bodies_with_r1_and_r2() {
    steps("r3gan.json");
}

#[test]
fn an_auxiliary_head_with_smoothed_labels_minibatch_deviation_and_a_lazy_penalty() {
    steps("acgan.json");
}

#[test]
fn a_code_that_is_found() {
    steps("infogan.json");
}

#[test]
fn packs_of_two() {
    steps("pacgan.json");
}
