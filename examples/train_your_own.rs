//! Your own model, data and loss in kiln's training loop, which brings sheets, curves' data, checkpoints, exact
//! resuming and guarded steps.
//!
//! ```text
//! cargo run --release --example train_your_own
//! ```

use kiln::data::{Dataset, Source};
use kiln::grad::Error;
use kiln::nn::layers::{Activation, Conv2d, Sequential};
use kiln::nn::optim::Adam;
use kiln::nn::{StepError, loss::Reduction, loss::mse};
use kiln::prelude::*;
use kiln::train::{Data, Event, Run, RunConfig, RunDir};

/// Takes noise out of images.
struct Denoiser {
    net: Sequential,
    adam: Adam,
}

impl Denoiser {
    fn restore(&self, noisy: &Tensor) -> Tensor {
        noisy + self.net.forward(noisy, &mut Ctx::eval())
    }
}

/// Everything a checkpoint has to hold.
impl Stateful for Denoiser {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("net", &mut self.net);
        v.part("adam", &mut self.adam);
    }
}

fn with_noise(clean: &Tensor, key: Key) -> Tensor {
    clean + Tensor::normal(key, *clean.dims(), clean.dtype(), clean.device()) * 0.3
}

impl Training for Denoiser {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let clean = batch.images.unit();
        let noisy = with_noise(&clean, cx.key);
        let net = &self.net;
        cx.minimize(["loss", "grad_norm"], &mut self.adam, |part| {
            let noisy = part.of(&noisy);
            let restored = &noisy + net.forward(&noisy, &mut Ctx::eval());
            mse(&restored, &part.of(&clean), Reduction::Mean)
        })
    }

    /// Clean, noisy and restored images, a row each.
    fn sheet(&mut self, examples: &Batch, key: Key) -> Result<Images, Error> {
        let clean = examples.images.unit().narrow(0, 0, 8);
        let noisy = with_noise(&clean, key);
        let restored = no_grad(|| self.restore(&noisy));
        Ok(Images::new(Tensor::concat(&[&clean, &noisy, &restored], 0), Range::Unit))
    }
}

/// 2000 grey images of 16×16 pixels, a bright disc each.
fn discs() -> Vec<u8> {
    let place = |i: u32, which: u64| 4.0 + 8.0 * Key::new(1).step(i).uniform(which);
    let pixel = |i: u32, p: u32| {
        let [x, y] = [(p % 16) as f32 - place(i, 0), (p / 16) as f32 - place(i, 1)];
        if x * x + y * y < 12.0 { 255 } else { 40 }
    };
    (0..2000).flat_map(|i| (0..256).map(move |p| pixel(i, p))).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (key, place) = (Key::new(1), Place::default());
    let mut net = Sequential::new()
        .with(key, |key| Conv2d::new(1, 16, 3, key, &place).padding(1))
        .add(Activation::Relu)
        .with(key, |key| Conv2d::new(16, 1, 3, key, &place).padding(1));
    let adam = Adam::new(named_parameters(&mut net), 1e-2);
    let mut model = Denoiser { net, adam };

    let source = Source { train: Dataset::new("discs", [1, 16, 16], discs())?, test: None };
    let data = Data::new(source, [1, 16, 16], place)?;
    let config = RunConfig::new("denoiser", 300, 64);
    let dir = RunDir::create_in("runs".as_ref(), &config)?.lock()?;
    Run::new(config, data)?.train(&dir, &mut model, &mut |event: &Event| {
        if let Event::Step { step, metrics: Some(metrics), .. } = event
            && step % 50 == 0
        {
            println!("step {step:3}  {metrics:.4?}");
        }
    })?;
    println!("sheets are in {}", dir.sheets().display());
    Ok(())
}
