//! A denoiser trained by hand: a network of convolutions and batch norm computes the noise of a picture, which is then
//! taken off (DnCNN: Zhang et al., 2017). Trained on small pictures, it is used on any size.
//!
//! The recipe `denoise` does the same on patches cut from larger pictures, anew in each step, as in the paper
//! (`crates/kiln-models/src/restore/training.rs`).
//!
//! ```text
//! cargo run --release --example denoise
//! ```

use kiln::data::{Sampler, batch, scenes};
use kiln::nn::layers::{Activation, BatchNorm, Conv2d, Sequential};
use kiln::nn::optim::{Adam, Optimizer};
use kiln::prelude::*;
use kiln::train::{png, write_atomic};
use std::sync::Arc;

/// Standard deviation of the noise, in pixels from 0 to 1.
const SIGMA: f64 = 25.0 / 255.0;

fn with_noise(clean: &Tensor, key: Key) -> Tensor {
    clean + Tensor::normal(key, *clean.dims(), clean.dtype(), clean.device()) * SIGMA
}

/// `10·log₁₀(1/MSE)`, in dB.
fn psnr(a: &Tensor, b: &Tensor) -> Result<f64, kiln::grad::Error> {
    Ok(-10.0 * (a - b).square().mean(..).item()?.log10())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (key, options) = (Key::new(1), TensorOptions::default());
    let conv = |key, from, to| Conv2d::new(from, to, 3, key, &options).padding(1);
    let mut noise_of = Sequential::new().with(key, |key| conv(key, 3, 16)).add(Activation::Relu);
    for _ in 0..3 {
        // The norm takes off any mean, so a bias before it would learn nothing.
        noise_of = noise_of.with(key, |key| conv(key, 16, 16).without_bias());
        noise_of = noise_of.add(BatchNorm::new(16, &options)).add(Activation::Relu);
    }
    let mut noise_of = noise_of.with(key, |key| conv(key, 16, 3));
    let mut adam = Adam::new(named_parameters(&mut noise_of), 2e-3);
    let train = Arc::new(scenes::parts(1, 32).train);
    let mut sampler = Sampler::new(train.clone(), 16, 1)?;

    for step in 0..=1000 {
        let clean = batch(&train, sampler.next_indices(), &options)?.images().unit();
        // New noise in each step: the network can't learn it by heart.
        let noisy = with_noise(&clean, key.purpose("noise").step(step));
        let restored = &noisy - noise_of.forward(&noisy, &mut Ctx::train(key.step(step)));
        if step % 200 == 0 {
            println!("step {step:4}  {:.2} dB of {:.2}", psnr(&restored, &clean)?, psnr(&noisy, &clean)?);
        }
        adam.minimize((restored - clean).square().mean(..));
    }

    // Larger pictures, which were not trained on. In use, batch norm goes by the statistics it has recorded.
    let test = scenes::dataset(2, 8, 64);
    let clean = batch(&test, &[0, 1, 2, 3, 4, 5, 6, 7], &options)?.images().unit();
    let noisy = with_noise(&clean, key.purpose("test"));
    let restored = no_grad(|| &noisy - noise_of.forward(&noisy, &mut Ctx::eval())).clamp(0.0, 1.0);
    println!("others     {:.2} dB of {:.2}", psnr(&restored, &clean)?, psnr(&noisy, &clean)?);
    let rows = [clean, noisy, restored].map(|images| Images::new(images, PixelRange::Unit)).into();
    let shown = Exhibit { rows, caption: "clean, noisy and restored pictures".into(), ..Exhibit::default() };
    let path = std::path::Path::new("denoise.png");
    write_atomic(path, &png(&shown)?)?;
    println!("clean, noisy and restored pictures are in {}", path.display());
    Ok(())
}
