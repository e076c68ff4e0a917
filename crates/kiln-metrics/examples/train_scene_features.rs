//! Trains the network whose features tell pictures apart, on the built-in scenes, and writes its parameters where they are
//! built in from.
//!
//! ```text
//! cargo run --release -p kiln-metrics --example train_scene_features
//! ```

use kiln_data::{Dataset, Sampler, batch, scenes};
use kiln_grad::{Tensor, Window, no_grad};
use kiln_metrics::FeatureNet;
use kiln_nn::loss::{Reduction, bce_with_logits, cross_entropy};
use kiln_nn::optim::{Adam, Optimizer};
use kiln_nn::{Batch, Images, PixelRange, TensorOptions, named_parameters, safetensors, save};
use kiln_tensor::random::Key;
use std::collections::BTreeMap;
use std::sync::Arc;

/// By how many pixels images are shifted at most.
const SHIFT: usize = 3;
const STEPS: u64 = 6000;
const RATE: f64 = 1e-3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (seed, options) = (2025, TensorOptions::default());
    let path = std::env::args().nth(1);
    let path = path.as_deref().unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/weights/scenes.safetensors"));
    let mut net = FeatureNet::fresh_scenes(Key::new(seed), &options);
    let mut adam = Adam::new(named_parameters(&mut net), RATE);
    let data = scenes::parts(seed, 32);
    let (train, test) = (Arc::new(data.train), data.test.ok_or("scenes have a test set")?);
    let mut sampler = Sampler::new(train.clone(), 128, seed)?;
    for step in 0..=STEPS {
        // The rate falls to 0 along half a cosine.
        adam.set_lr(RATE * (0.5 + 0.5 * (std::f64::consts::PI * step as f64 / STEPS as f64).cos()));
        let mut batch = batch(&train, sampler.next_indices(), &options)?;
        batch.images = Some(disturbed(batch.images(), Key::new(seed).purpose("disturb").step(step as u32)));
        let loss = loss(&net, &batch)?;
        if step % 200 == 0 {
            println!(
                "step {step}: loss {:.4}, accuracy on new scenes {:.2} %",
                loss.item()?,
                100.0 * accuracy(&net, &test, &options)?
            );
        }
        adam.minimize(loss);
    }
    std::fs::write(path, safetensors::to_bytes(&save(&mut net), &BTreeMap::new())?)?;
    println!("written to {path}");
    Ok(())
}

/// The cross-entropy of the class, which is the shape of the main object, and that of each word of the caption: what there is
/// besides, in what colours, sizes and places.
fn loss(net: &FeatureNet, batch: &Batch) -> Result<Tensor, Box<dyn std::error::Error>> {
    let outputs = net.outputs(batch.images());
    let words = scenes::VOCABULARY.len();
    let tokens = &batch.captions.as_ref().ok_or("scenes have captions")?.tokens;
    let (rows, length) = (tokens.dims()[0], tokens.dims()[1]);
    let mut said = vec![0.0f32; rows * words];
    for (at, token) in tokens.to_vec::<u32>()?.into_iter().enumerate() {
        // Token 0 stands behind the end.
        if let Some(word) = token.checked_sub(1).filter(|word| (*word as usize) < words) {
            said[at / length * words + word as usize] = 1.0;
        }
    }
    let said = Tensor::from_slice(&said, [rows, words], outputs.device());
    let classes = cross_entropy(&outputs.narrow(1, 0, scenes::CLASSES), batch.labels());
    Ok(classes + bce_with_logits(&outputs.narrow(1, scenes::CLASSES, words), &said, Reduction::Mean) * 10.0)
}

/// The images shifted, blurred, faded, tinted and with noise, a little of each: what is drawn by a network is never
/// as clean as what this one would see otherwise.
fn disturbed(images: &Images, key: Key) -> Images {
    let mut random = key.stream();
    let x = images.unit();
    let side = x.dims()[2];
    let [top, left] = [0, 1].map(|_| random.below(2 * SHIFT as u64 + 1) as usize);
    let x = x.pad(&[(SHIFT, SHIFT), (SHIFT, SHIFT)], 0.0).narrow(2, top, side).narrow(3, left, side);
    let blurred = x.avg_pool2d(Window::new(3).stride(1).padding(1));
    let share = random.range(0.0, 0.6);
    let tint: Vec<f32> = (0..3).map(|_| random.range(0.7, 1.3) as f32).collect();
    let tint = Tensor::from_slice(&tint, [1, 3, 1, 1], x.device());
    let x = (&x * (1.0 - share) + blurred * share) * tint;
    let noise = Tensor::normal(key.purpose("noise"), *x.dims(), x.dtype(), x.device());
    Images::new((x + noise * random.range(0.0, 0.1)).clamp(0.0, 1.0), PixelRange::Unit)
}

fn accuracy(
    net: &FeatureNet,
    data: &Dataset,
    options: &TensorOptions,
) -> Result<f64, Box<dyn std::error::Error>> {
    let all: Vec<u32> = (0..data.len() as u32).collect();
    let batch = batch(data, &all, options)?;
    let outputs = no_grad(|| net.outputs(batch.images()));
    let guesses = outputs.narrow(1, 0, scenes::CLASSES).argmax(-1);
    Ok(guesses.eq(batch.labels()).to_dtype(options.dtype).mean(..).item()?)
}
