//! Trains the classifier that comes with kiln and writes its parameters where they are built in from.
//!
//! ```text
//! cargo run --release -p kiln-metrics --example train_digit_classifier
//! ```

use kiln_data::{Dataset, Loader, batch, glyphs};
use kiln_grad::no_grad;
use kiln_metrics::DigitClassifier;
use kiln_nn::loss::cross_entropy;
use kiln_nn::optim::{Adam, Optimizer};
use kiln_nn::{Place, named_parameters, safetensors, save};
use kiln_tensor::random::Key;
use std::collections::BTreeMap;
use std::sync::Arc;

const STEPS: u64 = 2000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (seed, place) = (2024, Place::default());
    let mut classifier = DigitClassifier::new(Key::new(seed), &place);
    let mut adam = Adam::new(named_parameters(&mut classifier), 1e-3);
    let data = glyphs::source(seed);
    let (train, test) = (Arc::new(data.train), data.test.ok_or("glyphs have a test set")?);
    let mut loader = Loader::new(train.clone(), 128, seed)?;
    for step in 0..=STEPS {
        // The rate falls to 0 along half a cosine.
        adam.set_lr(1e-3 * (0.5 + 0.5 * (std::f64::consts::PI * step as f64 / STEPS as f64).cos()));
        let batch = batch(&train, loader.next_indices(), [1, 28, 28], &place)?;
        let loss =
            cross_entropy(&classifier.logits(&batch.images), &batch.labels.ok_or("glyphs are labelled")?);
        if step % 200 == 0 {
            println!(
                "step {step}: loss {:.4}, accuracy on new digits {:.2} %",
                loss.item()?,
                100.0 * accuracy(&classifier, &test, &place)?
            );
        }
        adam.minimize(loss);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/weights/digits.safetensors");
    std::fs::write(path, safetensors::to_bytes(&save(&mut classifier), &BTreeMap::new())?)?;
    println!("written to {path}");
    Ok(())
}

fn accuracy(
    classifier: &DigitClassifier,
    data: &Dataset,
    place: &Place,
) -> Result<f64, Box<dyn std::error::Error>> {
    let all: Vec<u32> = (0..data.len() as u32).collect();
    let batch = batch(data, &all, [1, 28, 28], place)?;
    let guesses = no_grad(|| classifier.logits(&batch.images)).argmax(-1);
    Ok(guesses.eq(&batch.labels.ok_or("glyphs are labelled")?).to_dtype(place.dtype).mean(..).item()?)
}
