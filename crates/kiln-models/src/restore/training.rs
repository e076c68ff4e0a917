//! The training step of the family.

use super::degradation::Noise;
use kiln_grad::{Error, Tensor, no_grad};
use kiln_nn::loss::{Reduction, l1, mse};
use kiln_nn::optim::{Optimizer, OptimizerSettings};
use kiln_nn::{
    Batch, Ctx, Exhibit, Goal, Images, Metrics, Module, PixelRange, StateVisitor, Stateful, StepCtx,
    StepError, TensorOptions, Training, Translator, named_parameters,
};
use kiln_tensor::random::Key;
use serde::Deserialize;

/// Number of images an exhibit shows.
const SHOWN: usize = 8;

/// Distance of a restored image from the clean one: a mean over pixels and channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestoreLoss {
    /// Squared differences, whose minimum has the best PSNR.
    Mse,
    /// Absolute differences.
    L1,
}

/// A network that learns to take off what was added to images.
pub struct RestoreTraining {
    net: Box<dyn Module>,
    optimizer: Box<dyn Optimizer>,
    degradation: Noise,
    loss: RestoreLoss,
    patch: Option<usize>,
    channels: usize,
    options: TensorOptions,
}

impl RestoreTraining {
    /// A network of images `[n, channels, h, w]` in `[0, 1]` to images of the same size, with an optimiser of these
    /// settings. With `patch`, a step looks at one square part of each image, at a random place.
    pub fn new(
        mut net: Box<dyn Module>,
        optimizer: &OptimizerSettings,
        degradation: Noise,
        loss: RestoreLoss,
        patch: Option<usize>,
        channels: usize,
        options: TensorOptions,
    ) -> Self {
        let optimizer = optimizer.build(named_parameters(&mut *net));
        RestoreTraining { net, optimizer, degradation, loss, patch, channels, options }
    }

    /// One step on clean and degraded images.
    ///
    /// # Errors
    /// The failure of a device, or a loss or gradient that isn't finite.
    pub fn step_with(
        &mut self,
        clean: &Tensor,
        degraded: &Tensor,
        cx: &StepCtx,
    ) -> Result<Metrics, StepError> {
        let (net, loss) = (&*self.net, self.loss);
        let mut run = Ctx::train(cx.key);
        cx.minimize(&mut *self.optimizer, |m| {
            let restored = net.forward(&m.of(degraded), &mut run);
            match loss {
                RestoreLoss::Mse => mse(&restored, &m.of(clean), Reduction::Mean),
                RestoreLoss::L1 => l1(&restored, &m.of(clean), Reduction::Mean),
            }
        })
    }

    fn restore(&self, degraded: &Tensor) -> Tensor {
        no_grad(|| self.net.forward(degraded, &mut Ctx::eval()).clamp(0.0, 1.0))
    }
}

/// One square part of each image, at a place that is a function of the key and the image's number.
fn patches(images: &Tensor, side: usize, key: Key) -> Tensor {
    let [n, height, width] = [0, 2, 3].map(|axis| images.dims()[axis]);
    let at = |number: usize, most: usize| key.word(number as u64) as usize % (most + 1);
    let part = |i: usize| {
        let (top, left) = (at(2 * i, height - side), at(2 * i + 1, width - side));
        images.narrow(0, i, 1).narrow(2, top, side).narrow(3, left, side)
    };
    let parts: Vec<Tensor> = (0..n).map(part).collect();
    Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0)
}

/// Mean over the images of `10·log₁₀(1/MSE)`, in dB, of images in `[0, 1]`.
fn psnr(a: &Tensor, b: &Tensor) -> Tensor {
    let errors = (a - b).square().flatten(1).mean([1]);
    (errors.maximum(&(errors.zeros_like() + 1e-10)).ln() * (-10.0 / std::f64::consts::LN_10)).mean(..)
}

impl Stateful for RestoreTraining {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("net", &mut *self.net);
        v.part("optimizer", &mut *self.optimizer);
    }
}

impl Training for RestoreTraining {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let images = batch.images().unit();
        let clean = match self.patch {
            Some(side) => patches(&images, side, cx.key.purpose("patch")),
            None => images,
        };
        let degraded = self.degradation.add(&clean, cx.key);
        self.step_with(&clean, &degraded, cx)
    }

    /// Whole images, degraded and restored: `psnr` of the restored, `psnr_degraded` of the others, in dB.
    fn evaluate(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Option<Metrics>, Error> {
        let clean = batch.images().unit();
        let degraded = self.degradation.add(&clean, cx.key);
        let restored = self.restore(&degraded);
        let metrics = Metrics::new().with("psnr", &psnr(&restored, &clean));
        let metrics = metrics.with("psnr_degraded", &psnr(&degraded, &clean));
        self.options.device.status()?;
        Ok(Some(metrics))
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::most("psnr"))
    }

    /// Rows of clean, degraded and restored images.
    fn exhibit(&mut self, examples: &Batch, key: Key) -> Result<Exhibit, Error> {
        let clean = examples.images().unit();
        let clean = clean.narrow(0, 0, clean.dims()[0].min(SHOWN));
        let degraded = self.degradation.add(&clean, key);
        let restored = self.restore(&degraded);
        self.options.device.status()?;
        let rows = [clean, degraded, restored].map(|images| Images::new(images, PixelRange::Unit)).into();
        Ok(Exhibit { rows, lines: Vec::new(), caption: "clean, degraded and restored images".to_owned() })
    }

    fn translator(&mut self) -> Option<&mut dyn Translator> {
        Some(self)
    }
}

impl Translator for RestoreTraining {
    fn channels(&self) -> [usize; 2] {
        [self.channels; 2]
    }

    fn translate(&mut self, images: &Images) -> Result<Images, Error> {
        let restored = self.restore(&images.unit());
        self.options.device.status()?;
        Ok(Images::new(restored, PixelRange::Unit))
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut *self.net
    }
}
