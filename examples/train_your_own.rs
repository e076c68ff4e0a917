//! Your own model, data and loss in kiln's training loop, which brings sheets, metrics, checkpoints, exact resuming
//! and guarded steps: a network that takes noise out of pictures.
//!
//! ```text
//! cargo run --release --example train_your_own
//! cargo run --release --example train_your_own -- runs/denoiser-1    goes on with a run that was stopped
//! ```
//!
//! `kiln runs`, `info`, `compare`, `report` and `watch` show such a run as any other.

use kiln::data::{Dataset, Parts};
use kiln::grad::Error;
use kiln::nn::layers::{Activation, Conv2d, Sequential};
use kiln::nn::loss::{Reduction, mse};
use kiln::nn::{StepError, optim::Adam, stateful};
use kiln::prelude::*;
use kiln::train::{Checkpoint, Data, Event, Run, RunConfig, RunDir};

struct Denoiser {
    net: Sequential,
    adam: Adam,
}

// Everything that a checkpoint has to hold.
stateful!(Denoiser: net, adam);

fn with_noise(x: &Tensor, key: Key) -> Tensor {
    x + Tensor::normal(key, *x.dims(), x.dtype(), x.device()) * 0.3
}

impl Training for Denoiser {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let (clean, net) = (batch.images().unit(), &self.net);
        let noisy = with_noise(&clean, cx.key);
        cx.minimize(&mut self.adam, |m| {
            mse(&net.forward(&m.of(&noisy), &mut Ctx::train(cx.key)), &m.of(&clean), Reduction::Mean)
        })
    }

    /// Clean, noisy and restored images, a row each.
    fn exhibit(&mut self, examples: &Batch, key: Key) -> Result<Exhibit, Error> {
        let clean = examples.images().unit().narrow(0, 0, 8);
        let noisy = with_noise(&clean, key);
        let restored = no_grad(|| self.net.forward(&noisy, &mut Ctx::eval()));
        let rows = [clean, noisy, restored].map(|images| Images::new(images, PixelRange::Unit)).into();
        Ok(Exhibit { rows, caption: "clean, noisy and restored images".into(), ..Exhibit::default() })
    }
}

/// Bright stripes of 16×16 pixels in all directions.
fn stripes(i: u32) -> impl Iterator<Item = u8> {
    let (dy, dx) = (i as f32 * 0.37).sin_cos();
    (0..256).map(move |p| if ((p % 16) as f32 * dx + (p / 16) as f32 * dy).sin() > 0.0 { 255 } else { 40 })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (key, options) = (Key::new(1), TensorOptions::default());
    let conv = |key, from, to| Conv2d::new(from, to, 5, key, &options).padding(2);
    let mut net = Sequential::new()
        .with(key, |key| conv(key, 1, 16))
        .add(Activation::Relu)
        .with(key, |key| conv(key, 16, 1));
    let adam = Adam::new(named_parameters(&mut net), 3e-3);
    let train = Dataset::new("stripes", [1, 16, 16], (0..2000).flat_map(stripes).collect())?;
    let data = Data::new(Parts::new(train, None), options.clone())?;
    let config = RunConfig { data: "stripes".into(), ..RunConfig::new("denoiser", 300, 64) };
    let (mut model, mut run) = (Denoiser { net, adam }, Run::new(config, data)?);
    let dir = match std::env::args().nth(1) {
        None => RunDir::create_in("runs".as_ref(), run.config())?.lock()?,
        Some(folder) => {
            let dir = RunDir::open(folder.as_ref())?.lock()?;
            let last = dir.find_checkpoint(None)?;
            run.restore(&Checkpoint::read(&last, &options)?, &mut model, &last)?;
            dir
        }
    };
    let mut print = |event: &Event| {
        if let Event::Step { step, metrics: Some(metrics), .. } = event {
            println!("step {step:3}  {metrics:.4?}");
        }
    };
    run.train(&dir, &mut model, &mut print)?;
    println!("sheets are in {}", dir.sheets().display());
    Ok(())
}
