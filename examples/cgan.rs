//! A GAN that draws the digit it is asked for: the generator gets a learned vector of the class behind the noise, and
//! the discriminator's logit has a part that depends on image and class together (Miyato and Koyama, 2018).
//!
//! The recipe `cgan` does the same, and more that a page leaves out: samples are those of a running average of the
//! generator, which evens out the last steps' swings; the discriminator keeps its statistics while the generator
//! learns through it; real and made images are swept one after the other, so that one graph is held at a time; and
//! nothing is written where a loss or a gradient isn't finite (`crates/kiln-models/src/adversarial/training.rs`).
//!
//! ```text
//! cargo run --release --example cgan
//! ```

use kiln::data::{Sampler, batch, glyphs};
use kiln::models::blocks::{ConditionalDiscriminator, ConditionalGenerator};
use kiln::models::nets::{NormKind, dcgan};
use kiln::nn::optim::{Adam, Optimizer};
use kiln::prelude::*;
use kiln::train::{png, write_atomic};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (key, options) = (Key::new(1), TensorOptions::default());
    let (latent, classes, width) = (64, 10, 32);
    let input = latent + ConditionalGenerator::class_width(classes);
    let body = Box::new(dcgan::generator(28, 1, input, width, key.purpose("g"), &options));
    let mut generator = ConditionalGenerator::of_classes(body, classes, key.purpose("g class"), &options);
    // Logit of the body, plus the product of its features, summed over their pixels, with a vector of the class.
    let body = Box::new(dcgan::discriminator(28, 1, width, NormKind::None, key.purpose("d"), &options));
    let mut discriminator =
        ConditionalDiscriminator::projection(body, classes, key.purpose("d class"), &options);
    let mut adam_g = Adam::new(named_parameters(&mut generator), 1e-3).betas(0.0, 0.99);
    let mut adam_d = Adam::new(named_parameters(&mut discriminator), 1e-3).betas(0.0, 0.99);
    let train = Arc::new(glyphs::parts(1).train);
    let mut sampler = Sampler::new(train.clone(), 64, 1)?;
    let noise = |key: Key, n: usize| Tensor::normal(key, [n, latent], options.dtype, &options.device);

    for step in 0..=800 {
        let cx = &mut Ctx::train(key.step(step));
        let batch = batch(&train, sampler.next_indices(), &options)?;
        let (real, digits) = (batch.images().signed(), Some(batch.labels()));
        let fake = generator.forward(&noise(key.purpose("noise").step(step), 64), digits, cx);

        // A real image comes with what it is, a made one with what it should be: to tell them apart, the
        // discriminator has to learn what each digit looks like.
        let real_logits = discriminator.forward(&real, digits, cx);
        let fake_logits = discriminator.forward(&fake.detach(), digits, cx);
        let d_loss = (-real_logits).softplus().mean(..) + fake_logits.softplus().mean(..);
        let d_value = d_loss.item()?;
        adam_d.minimize(d_loss);

        // A good image of another digit won't do.
        let g_loss = (-discriminator.forward(&fake, digits, cx)).softplus().mean(..);
        let g_value = g_loss.item()?;
        drop(fake);
        adam_g.minimize(g_loss);
        if step % 100 == 0 {
            println!("step {step:3}  discriminator {d_value:.3}  generator {g_value:.3}");
        }
    }

    let digits: Vec<u32> = (0..80).map(|i| i / 8).collect();
    let digits = Tensor::from_slice(&digits, [80], &options.device);
    let images = generator.forward(&noise(key.purpose("samples"), 80), Some(&digits), &mut Ctx::eval());
    let images = Images::new(images.detach(), PixelRange::Signed);
    let path = std::path::Path::new("cgan.png");
    write_atomic(path, &png(&Exhibit::grid(&images, 8, "a row of each digit"))?)?;
    println!("8 samples of each digit, a row each, are in {}", path.display());
    Ok(())
}
