//! A small convolutional network that reads handwritten-looking digits, made by kiln itself.
//!
//! ```text
//! cargo run --release --example classifier
//! ```

use kiln::data::{Dataset, Sampler, batch, glyphs};
use kiln::grad::no_grad;
use kiln::nn::layers::{Activation, Conv2d, Flatten, Linear, Sequential};
use kiln::nn::loss::cross_entropy;
use kiln::nn::optim::{Adam, Optimizer};
use kiln::nn::{Ctx, Module, TensorOptions, named_parameters};
use kiln::tensor::random::Key;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (key, options) = (Key::new(1), TensorOptions::default());
    let data = glyphs::parts(1);
    let (train, test) = (Arc::new(data.train), data.test.expect("glyphs have a test set"));

    let conv =
        |from, to, name: &str| Conv2d::new(from, to, 3, key.purpose(name), &options).stride(2).padding(1);
    let mut net = Sequential::new()
        .add(conv(1, 16, "conv1")) // 28 -> 14
        .add(Activation::Relu)
        .add(conv(16, 32, "conv2")) // 14 -> 7
        .add(Activation::Relu)
        .add(Flatten)
        .add(Linear::new(32 * 7 * 7, 10, key.purpose("head"), &options));
    let mut adam = Adam::new(named_parameters(&mut net), 1e-3);
    let mut sampler = Sampler::new(train.clone(), 128, 1)?;

    for step in 0..=300 {
        let batch = batch(&train, sampler.next_indices(), &options)?;
        let labels = batch.labels();
        let logits = net.forward(&batch.images().signed(), &mut Ctx::train(key.step(step)));
        let loss = cross_entropy(&logits, labels);
        if step % 50 == 0 {
            println!(
                "step {step:3}  loss {:.4}  accuracy on new digits {:.1} %",
                loss.item()?,
                100.0 * accuracy(&net, &test, &options)?
            );
        }
        adam.minimize(loss);
    }
    Ok(())
}

/// The share of a data set that the network reads right.
fn accuracy(
    net: &impl Module,
    data: &Dataset,
    options: &TensorOptions,
) -> Result<f64, Box<dyn std::error::Error>> {
    let all: Vec<u32> = (0..data.len() as u32).collect();
    let batch = batch(data, &all, options)?;
    let labels = batch.labels();
    let guesses = no_grad(|| net.forward(&batch.images().signed(), &mut Ctx::eval())).argmax(-1);
    Ok(guesses.eq(labels).to_dtype(options.dtype).mean(..).item()?)
}
