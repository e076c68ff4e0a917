//! The training step that all GANs share.

use crate::config::{ModelError, count, fraction, positive};
use kiln_grad::{Error, Tensor, scope};
use kiln_nn::loss::GanLoss;
use kiln_nn::optim::Adam;
use kiln_nn::{
    Batch, Ctx, Generator, Images, Metrics, Module, Part, PixelRange, StateVisitor, Stateful, StepCtx,
    StepError, TensorOptions, Training, named_parameters, start_average, update_average,
};
use kiln_tensor::random::Key;

/// How many samples a sheet shows.
const SHEET: usize = 64;
/// How many samples the averaged generator's batch statistics are taken of.
const CALIBRATION: usize = 512;

/// How two networks play against each other: the settings that all GANs have.
pub(super) struct Game {
    pub latent: usize,
    pub loss: GanLoss,
    pub lr: f64,
    pub betas: [f64; 2],
    pub average: f64,
}

impl Game {
    /// Fails if a setting makes no sense.
    pub fn check(&self) -> Result<(), ModelError> {
        count("latent", self.latent)?;
        positive("lr", self.lr)?;
        if self.loss == GanLoss::Wasserstein {
            return Err(ModelError::Choice {
                name: "loss",
                value: "wasserstein",
                reason: "nothing in this model bounds the slope of the critic, so it would grow without end",
                instead: "non-saturating, minimax, least-squares or hinge",
            });
        }
        fraction("beta1", self.betas[0])?;
        fraction("beta2", self.betas[1])?;
        fraction("average", self.average)
    }

    /// The training of these networks, the average being a second generator of the same architecture.
    pub fn training(
        self,
        mut generator: Box<dyn Module>,
        average: Box<dyn Module>,
        mut discriminator: Box<dyn Module>,
        options: &TensorOptions,
    ) -> Box<dyn Training> {
        let adam = |params| Adam::new(params, self.lr).betas(self.betas[0], self.betas[1]);
        let optimizers =
            [adam(named_parameters(&mut *generator)), adam(named_parameters(&mut *discriminator))];
        let nets = [generator, discriminator];
        let Game { latent, loss, average: decay, .. } = self;
        Box::new(GanTraining::new(nets, average, decay, optimizers, loss, latent, options.clone()))
    }
}

/// A generator and a discriminator that train against each other, each with an Adam of its own.
///
/// The generator maps noise `[n, latent]` to images in `[-1, 1]`, the discriminator maps images to one
/// logit each.
///
/// Samples are made by a running average of the generator (Yazıcı et al., 2018), which swings less from step
/// to step than the generator itself.
pub struct GanTraining {
    generator: Box<dyn Module>,
    average: Box<dyn Module>,
    average_decay: f64,
    discriminator: Box<dyn Module>,
    generator_optimizer: Adam,
    discriminator_optimizer: Adam,
    loss: GanLoss,
    latent: usize,
    options: TensorOptions,
}

impl GanTraining {
    /// Two networks, their optimisers, and the game they play. `average` is a second generator of the same
    /// architecture, which is made to follow the first; `average_decay` in `[0, 1)` says how slowly.
    pub fn new(
        [mut generator, discriminator]: [Box<dyn Module>; 2],
        mut average: Box<dyn Module>,
        average_decay: f64,
        [generator_optimizer, discriminator_optimizer]: [Adam; 2],
        loss: GanLoss,
        latent: usize,
        options: TensorOptions,
    ) -> Self {
        start_average(&mut *average, &mut *generator);
        GanTraining {
            generator,
            average,
            average_decay,
            discriminator,
            generator_optimizer,
            discriminator_optimizer,
            loss,
            latent,
            options,
        }
    }

    fn noise(&self, count: usize, key: Key) -> Tensor {
        Tensor::normal(key, [count, self.latent], self.options.dtype, &self.options.device)
    }

    /// One step with given noise `[n, latent]`: the discriminator on real and made images, then the
    /// generator on what the discriminator says of the same made images. (A batch that is computed in parts
    /// has them made again for the generator, so that one part's graph is kept at a time.)
    ///
    /// # Errors
    /// The failure of a device, or a loss or gradient that isn't finite.
    pub fn step_with(&mut self, real: &Tensor, noise: &Tensor, cx: &StepCtx) -> Result<Metrics, StepError> {
        let (generator, discriminator, game) = (&self.generator, &self.discriminator, self.loss);
        let mut net = Ctx::train(cx.key);
        let make = |part: Part, net: &mut Ctx| {
            let _scope = scope("G");
            generator.forward(&part.of(noise), net)
        };
        let judge = |images: &Tensor, net: &mut Ctx| {
            let _scope = scope("D");
            discriminator.forward(images, net)
        };
        let mut made = None;
        let names = ["d_loss", "d_grad_norm"];
        let d = cx.minimize_sum(names, &mut self.discriminator_optimizer, 2, |part, term| {
            if term == 0 {
                return game.discriminator_real(&judge(&part.of(real), &mut net));
            }
            let fake = make(part, &mut net);
            // The discriminator must not teach the generator in its own step: it sees the images alone.
            let logits = judge(&fake.detach(), &mut net);
            made = part.is_whole().then_some(fake);
            game.discriminator_fake(&logits)
        })?;
        let g = cx.minimize(["g_loss", "g_grad_norm"], &mut self.generator_optimizer, |part| {
            let fake = made.take().unwrap_or_else(|| make(part, &mut net));
            game.generator(&judge(&fake, &mut net))
        })?;
        update_average(&mut *self.average, &mut *self.generator, self.average_decay);
        Ok(d.and(g))
    }
}

impl Stateful for GanTraining {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("generator", &mut *self.generator);
        v.part("generator_average", &mut *self.average);
        v.part("discriminator", &mut *self.discriminator);
        v.part("generator_optimizer", &mut self.generator_optimizer);
        v.part("discriminator_optimizer", &mut self.discriminator_optimizer);
    }
}

impl Training for GanTraining {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let noise = self.noise(batch.images().len(), cx.key.purpose("noise"));
        self.step_with(&batch.images().signed(), &noise, cx)
    }

    fn sheet(&mut self, _: &Batch, key: Key) -> Result<Images, Error> {
        let options = self.options.clone();
        self.draw(SHEET, key, &options)
    }

    fn generator(&mut self) -> Option<&mut dyn Generator> {
        Some(self)
    }
}

impl Generator for GanTraining {
    fn latent(&self) -> usize {
        self.latent
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut *self.average
    }

    fn generate(&mut self, z: &Tensor) -> Result<Images, Error> {
        let many = self.noise(CALIBRATION, Key::new(0).purpose("calibration"));
        let images = kiln_grad::no_grad(|| {
            let _ = self.average.forward(&many, &mut Ctx::calibrate());
            self.average.forward(z, &mut Ctx::eval())
        });
        self.options.device.status()?;
        Ok(Images::new(images, PixelRange::Signed))
    }
}
