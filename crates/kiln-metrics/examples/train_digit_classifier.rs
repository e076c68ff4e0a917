//! Trains the classifier that comes with kiln and writes its parameters where they are built in from.
//!
//! ```text
//! cargo run --release -p kiln-metrics --example train_digit_classifier
//! ```

use kiln_data::{Dataset, Sampler, batch, glyphs};
use kiln_grad::{Tensor, Window, no_grad};
use kiln_metrics::DigitClassifier;
use kiln_nn::loss::cross_entropy;
use kiln_nn::optim::{Adam, Optimizer};
use kiln_nn::{Images, PixelRange, TensorOptions, named_parameters, safetensors, save};
use kiln_tensor::random::Key;
use std::collections::BTreeMap;
use std::sync::Arc;

/// By how many pixels images are shifted at most.
const SHIFT: usize = 2;
const STEPS: u64 = 3000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (seed, options) = (2024, TensorOptions::default());
    let mut classifier = DigitClassifier::new(Key::new(seed), &options);
    let mut adam = Adam::new(named_parameters(&mut classifier), 1e-3);
    let data = glyphs::parts(seed);
    let (train, test) = (Arc::new(data.train), data.test.ok_or("glyphs have a test set")?);
    let mut sampler = Sampler::new(train.clone(), 128, seed)?;
    for step in 0..=STEPS {
        // The rate falls to 0 along half a cosine.
        adam.set_lr(1e-3 * (0.5 + 0.5 * (std::f64::consts::PI * step as f64 / STEPS as f64).cos()));
        let batch = batch(&train, sampler.next_indices(), &options)?;
        let images = disturbed(batch.images(), Key::new(seed).purpose("disturb").step(step as u32));
        let loss = cross_entropy(&classifier.logits(&images), &batch.labels.ok_or("glyphs are labelled")?);
        if step % 200 == 0 {
            println!(
                "step {step}: loss {:.4}, accuracy on new digits {:.2} %",
                loss.item()?,
                100.0 * accuracy(&classifier, &test, &options)?
            );
        }
        adam.minimize(loss);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/weights/digits.safetensors");
    std::fs::write(path, safetensors::to_bytes(&save(&mut classifier), &BTreeMap::new())?)?;
    println!("written to {path}");
    Ok(())
}

/// The images shifted, blurred, faded and with noise, a little of each: what is drawn by a network is never as
/// clean as what the classifier would see otherwise.
fn disturbed(images: &Images, key: Key) -> Images {
    let mut random = key.stream();
    let x = images.unit();
    let [top, left] = [0, 1].map(|_| random.below(2 * SHIFT as u64 + 1) as usize);
    let x = x.pad(&[(SHIFT, SHIFT), (SHIFT, SHIFT)], 0.0).narrow(2, top, 28).narrow(3, left, 28);
    let blurred = x.avg_pool2d(Window::new(3).stride(1).padding(1));
    let share = random.range(0.0, 0.6);
    let x = (&x * (1.0 - share) + blurred * share) * random.range(0.7, 1.3);
    let noise = Tensor::normal(key.purpose("noise"), *x.dims(), x.dtype(), x.device());
    Images::new((x + noise * random.range(0.0, 0.15)).clamp(0.0, 1.0), PixelRange::Unit)
}

fn accuracy(
    classifier: &DigitClassifier,
    data: &Dataset,
    options: &TensorOptions,
) -> Result<f64, Box<dyn std::error::Error>> {
    let all: Vec<u32> = (0..data.len() as u32).collect();
    let batch = batch(data, &all, options)?;
    let guesses = no_grad(|| classifier.logits(batch.images())).argmax(-1);
    Ok(guesses.eq(&batch.labels.ok_or("glyphs are labelled")?).to_dtype(options.dtype).mean(..).item()?)
}
