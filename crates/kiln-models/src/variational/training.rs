//! The training step of the family.

use crate::nets::Autoencoder;
use kiln_grad::{Error, Tensor, no_grad};
use kiln_nn::loss::{Reduction, bce_with_logits, kl_standard_normal, reparameterize};
use kiln_nn::optim::{Optimizer, OptimizerSettings};
use kiln_nn::{
    Batch, Ctx, Encoder, Exhibit, Generator, Goal, Images, Loss, Metrics, PixelRange, StateVisitor, Stateful,
    StepCtx, StepError, TensorOptions, Training, named_parameters,
};
use kiln_tensor::random::Key;

/// Number of images a row of the exhibit shows.
const COLUMNS: usize = 8;

/// A VAE that trains on grey values read as probabilities: `−E log p(x|z) + kl_weight · KL(q(z|x)‖p(z))`,
/// summed over pixels and latent dimensions, averaged over the batch.
pub struct VariationalTraining {
    net: Box<dyn Autoencoder>,
    optimizer: Box<dyn Optimizer>,
    latent: usize,
    kl_weight: f64,
    options: TensorOptions,
}

/// The parts of the loss, each a mean over the batch, in nats.
pub struct VariationalLoss {
    /// What is minimised.
    pub loss: Tensor,
    /// The reconstruction term `−E log p(x|z)`.
    pub bce: Tensor,
    /// `KL(q(z|x)‖p(z))`.
    pub kl: Tensor,
}

impl VariationalTraining {
    /// A network with an optimiser of these settings.
    pub fn new(
        mut net: Box<dyn Autoencoder>,
        optimizer: &OptimizerSettings,
        latent: usize,
        kl_weight: f64,
        options: TensorOptions,
    ) -> Self {
        let optimizer = optimizer.build(named_parameters(&mut *net));
        VariationalTraining { net, optimizer, latent, kl_weight, options }
    }

    fn noise(&self, count: usize, key: Key) -> Tensor {
        Tensor::normal(key, [count, self.latent], self.options.dtype, &self.options.device)
    }

    /// The loss on images `x` in `[0, 1]` with given standard normal noise `[n, latent]`.
    pub fn loss(&self, x: &Tensor, noise: &Tensor, cx: &mut Ctx) -> VariationalLoss {
        loss(&*self.net, x, noise, self.kl_weight, cx)
    }

    /// One step with given noise.
    ///
    /// # Errors
    /// The failure of a device, or a loss or gradient that isn't finite.
    pub fn step_with(&mut self, x: &Tensor, noise: &Tensor, cx: &StepCtx) -> Result<Metrics, StepError> {
        let (net, kl_weight) = (&*self.net, self.kl_weight);
        let mut run = Ctx::train(cx.key);
        cx.minimize(&mut *self.optimizer, |m| {
            let VariationalLoss { loss, bce, kl } = loss(net, &m.of(x), &m.of(noise), kl_weight, &mut run);
            let parts = |loss: Loss| loss.with("bce", &bce).with("kl", &kl);
            // At the weight 1 what is minimised is what a test measures, and has its name.
            if kl_weight == 1.0 {
                return parts(Loss::from(loss).named("neg_elbo"));
            }
            parts(Loss::from(loss)).with("neg_elbo", &(&bce + &kl))
        })
    }
}

fn loss(net: &dyn Autoencoder, x: &Tensor, noise: &Tensor, kl_weight: f64, cx: &mut Ctx) -> VariationalLoss {
    let (mu, logvar) = net.encode(x, cx);
    let logits = net.decode(&reparameterize(&mu, &logvar, noise), cx);
    let bce = bce_with_logits(&logits, x, Reduction::BatchMean);
    let kl = kl_standard_normal(&mu, &logvar);
    VariationalLoss { loss: &bce + &kl * kl_weight, bce, kl }
}

impl Stateful for VariationalTraining {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("net", &mut *self.net);
        v.part("optimizer", &mut *self.optimizer);
    }
}

impl Training for VariationalTraining {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let noise = self.noise(batch.len(), cx.key.purpose("noise"));
        self.step_with(&batch.images().unit(), &noise, cx)
    }

    fn evaluate(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Option<Metrics>, Error> {
        let noise = self.noise(batch.len(), cx.key.purpose("noise"));
        let VariationalLoss { bce, kl, .. } =
            no_grad(|| self.loss(&batch.images().unit(), &noise, &mut Ctx::eval()));
        self.options.device.status()?;
        // The evidence lower bound has the weight 1, whatever weight is trained with.
        Ok(Some(Metrics::new().with("neg_elbo", &(&bce + &kl)).with("bce", &bce).with("kl", &kl)))
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::least("neg_elbo"))
    }

    /// Two rows of examples, each over its reconstructions, and four rows of samples.
    fn exhibit(&mut self, examples: &Batch, key: Key) -> Result<Exhibit, Error> {
        let images = examples.images().unit();
        let shown = images.narrow(0, 0, images.dims()[0].min(2 * COLUMNS));
        let shown = Images::new(shown, PixelRange::Unit);
        let codes = self.encode(&shown)?;
        let rebuilt = self.decode(&codes)?;
        let samples = Exhibit::grid(&self.draw(4 * COLUMNS, key, None)?, COLUMNS, "");
        let caption = "examples above their reconstructions, and samples of the prior";
        Ok(Exhibit::pairs(&shown, &rebuilt, COLUMNS, caption).and(samples))
    }

    fn generator(&mut self) -> Option<&mut dyn Generator> {
        Some(self)
    }

    fn encoder(&mut self) -> Option<&mut dyn Encoder> {
        Some(self)
    }
}

impl Generator for VariationalTraining {
    fn latent(&self) -> usize {
        self.latent
    }

    fn options(&self) -> &TensorOptions {
        &self.options
    }

    fn generate(&mut self, z: &Tensor, classes: Option<&Tensor>) -> Result<Images, Error> {
        assert!(classes.is_none(), "generate: this model knows no classes, but some were given");
        self.decode(z)
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut *self.net
    }
}

impl Encoder for VariationalTraining {
    fn encode(&mut self, images: &Images) -> Result<Tensor, Error> {
        let (mu, _) = no_grad(|| self.net.encode(&images.unit(), &mut Ctx::eval()));
        self.options.device.status()?;
        Ok(mu)
    }

    fn decode(&mut self, codes: &Tensor) -> Result<Images, Error> {
        let images = no_grad(|| self.net.decode(codes, &mut Ctx::eval()).sigmoid());
        self.options.device.status()?;
        Ok(Images::new(images, PixelRange::Unit))
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut *self.net
    }
}
