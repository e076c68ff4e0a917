//! A variational autoencoder on a page: encoder, a draw, decoder, and the bound that is minimised.
//!
//! ```text
//! cargo run --release --example vae
//! ```

use kiln::data::{Sampler, batch, glyphs};
use kiln::grad::Tensor;
use kiln::nn::layers::Linear;
use kiln::nn::loss::{Reduction, bce_with_logits, kl_standard_normal, reparameterize};
use kiln::nn::optim::{Adam, Optimizer};
use kiln::nn::{Ctx, Module, TensorOptions, named_parameters, stateful};
use kiln::tensor::random::Key;
use std::sync::Arc;

struct Vae {
    encoder: Linear,
    mu: Linear,
    logvar: Linear,
    decoder: Linear,
    pixels: Linear,
}

// Naming the parts is all it takes to be saved, loaded and optimised.
stateful!(Vae: encoder, mu, logvar, decoder, pixels);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (key, options) = (Key::new(1), TensorOptions::default());
    let linear = |from, to, name: &str| Linear::new(from, to, key.purpose(name), &options);
    let mut net = Vae {
        encoder: linear(784, 400, "encoder"),
        mu: linear(400, 20, "mu"),
        logvar: linear(400, 20, "logvar"),
        decoder: linear(20, 400, "decoder"),
        pixels: linear(400, 784, "pixels"),
    };
    let mut adam = Adam::new(named_parameters(&mut net), 1e-3);
    let train = Arc::new(glyphs::parts(1).train);
    let mut sampler = Sampler::new(train.clone(), 128, 1)?;
    let cx = &mut Ctx::train(key);

    for step in 0..=500 {
        let x = batch(&train, sampler.next_indices(), &options)?.images().unit().flatten(1);
        // q(z|x) is a normal distribution around mu; z is drawn so that gradients flow through it.
        let h = net.encoder.forward(&x, cx).relu();
        let (mu, logvar) = (net.mu.forward(&h, cx), net.logvar.forward(&h, cx));
        let noise =
            Tensor::normal(key.purpose("noise").step(step), *mu.dims(), options.dtype, &options.device);
        let z = reparameterize(&mu, &logvar, &noise);
        // p(x|z): each pixel is white with the probability that its logit says.
        let logits = net.pixels.forward(&net.decoder.forward(&z, cx).relu(), cx);
        let reconstruction = bce_with_logits(&logits, &x, Reduction::BatchMean);
        let kl = kl_standard_normal(&mu, &logvar);
        if step % 100 == 0 {
            println!(
                "step {step:3}  reconstruction {:7.2}  kl {:6.2} nats",
                reconstruction.item()?,
                kl.item()?
            );
        }
        adam.minimize(reconstruction + kl);
    }
    Ok(())
}
