//! The DCGAN training step written out: who is trained when, and what is cut off where.
//!
//! ```text
//! cargo run --release --example dcgan
//! ```

use kiln::data::{Sampler, batch, glyphs};
use kiln::grad::Tensor;
use kiln::models::nets::{NormKind, dcgan};
use kiln::nn::optim::{Adam, Optimizer};
use kiln::nn::{Ctx, Exhibit, Images, Module, PixelRange, TensorOptions, named_parameters};
use kiln::tensor::random::Key;
use kiln::train::{SHEET_COLUMNS, png, write_atomic};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (key, options) = (Key::new(1), TensorOptions::default());
    let (latent, width) = (64, 32);
    let mut generator = dcgan::generator(28, 1, latent, width, key.purpose("g"), &options);
    let mut discriminator = dcgan::discriminator(28, 1, width, NormKind::None, key.purpose("d"), &options);
    // Two optimisers: each holds the parameters of one network and touches no others.
    let mut adam_g = Adam::new(named_parameters(&mut generator), 1e-3).betas(0.0, 0.99);
    let mut adam_d = Adam::new(named_parameters(&mut discriminator), 1e-3).betas(0.0, 0.99);
    let train = Arc::new(glyphs::parts(1).train);
    let mut sampler = Sampler::new(train.clone(), 64, 1)?;
    let noise = |key: Key, n: usize| Tensor::normal(key, [n, latent], options.dtype, &options.device);

    for step in 0..=300 {
        let cx = &mut Ctx::train(key.step(step));
        let real = batch(&train, sampler.next_indices(), &options)?.images().signed();
        let fake = generator.forward(&noise(key.purpose("noise").step(step), 64), cx);

        // The discriminator learns to tell them apart. detach() cuts the generator off. Its output is a
        // logit, and softplus(-l) = -log sigmoid(l) never overflows.
        let real_logits = discriminator.forward(&real, cx);
        let fake_logits = discriminator.forward(&fake.detach(), cx);
        let d_loss = (-real_logits).softplus().mean(..) + fake_logits.softplus().mean(..);
        let d_value = d_loss.item()?;
        adam_d.minimize(d_loss);

        // The generator learns to be taken for real. The gradient flows through the discriminator, whose
        // own parameters are not asked for, so their gradients are never computed.
        let g_loss = (-discriminator.forward(&fake, cx)).softplus().mean(..);
        let g_value = g_loss.item()?;
        drop(fake);
        adam_g.minimize(g_loss);
        if step % 50 == 0 {
            println!("step {step:3}  discriminator {d_value:.3}  generator {g_value:.3}");
        }
    }

    let images = generator.forward(&noise(key.purpose("samples"), 64), &mut Ctx::eval());
    let path = std::path::Path::new("dcgan.png");
    let images = Images::new(images.detach(), PixelRange::Signed);
    write_atomic(path, &png(&Exhibit::grid(&images, SHEET_COLUMNS, "samples"))?)?;
    println!("64 samples are in {}", path.display());
    Ok(())
}
