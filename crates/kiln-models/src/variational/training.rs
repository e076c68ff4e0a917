//! The training step of the family, and what a trained model can do.

use super::posterior::{Draw, Posterior};
use super::rules::Rules;
use super::show;
use crate::nets::Autoencoder;
use kiln_grad::{Error, Tensor, no_grad};
use kiln_nn::likelihood::{bits_per_dimension, importance_bound};
use kiln_nn::loss::{mmd, total_correlation};
use kiln_nn::optim::{Optimizer, OptimizerSettings};
use kiln_nn::{
    Batch, Ctx, Density, Encoder, Exhibit, Generator, Goal, Images, Latents, Loss, Metrics, StateVisitor,
    Stateful, StepCtx, StepError, TensorOptions, Training, named_parameters,
};
use kiln_tensor::random::Key;

/// The networks: images to codes and codes to images.
pub struct VariationalNetworks {
    /// The two halves.
    pub autoencoder: Box<dyn Autoencoder>,
    /// The form of the codes' distribution.
    pub posterior: Posterior,
}

impl Stateful for VariationalNetworks {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.autoencoder.visit(v);
        v.part("posterior", &mut self.posterior);
    }
}

impl VariationalNetworks {
    /// An autoencoder whose codes are Gaussian, each latent by itself.
    pub fn diagonal(autoencoder: impl Autoencoder + 'static) -> Self {
        VariationalNetworks { autoencoder: Box::new(autoencoder), posterior: Posterior::Diagonal }
    }

    /// What the decoder says of images `x` for codes made of `noise [n, draws·code]`, and these.
    fn pass(
        &self,
        x: &Tensor,
        noise: &Tensor,
        draws: usize,
        classes: Option<&Tensor>,
        cx: &mut Ctx,
    ) -> (Draw, Tensor) {
        let draw = cx.of_classes(classes, |cx| self.posterior.draw(&*self.autoencoder, x, noise, draws, cx));
        let classes = classes
            .map(|classes| if draws == 1 { classes.clone() } else { classes.repeat_interleave(draws, 0) });
        let output = cx.of_classes(classes.as_ref(), |cx| self.autoencoder.decode(&draw.z, cx));
        (draw, output)
    }
}

/// A VAE: an encoder and a decoder that go up a bound on the likelihood, summed over values and latents, averaged over the
/// batch.
pub struct VariationalTraining {
    nets: VariationalNetworks,
    optimizer: Box<dyn Optimizer>,
    rules: Rules,
    options: TensorOptions,
}

/// The parts of the bound, each a mean over the batch, in nats.
struct Bound {
    /// `−E ln p(x|z)`.
    reconstruction: Tensor,
    /// `KL(q(z|x) ‖ p(z))`, in closed form, or the mean of `ln q − ln p` of the codes that were drawn.
    kl: Tensor,
    is_closed: bool,
    /// `−ln (1/k Σ wᵢ)` of several draws.
    of_draws: Option<Tensor>,
    draw: Draw,
}

impl Bound {
    /// The bound of one draw, `−ELBO`.
    fn neg_elbo(&self) -> Tensor {
        &self.reconstruction + &self.kl
    }

    /// The numbers that are reported, besides what is minimised.
    fn parts(&self) -> [(&'static str, &Tensor); 2] {
        [("reconstruction", &self.reconstruction), (if self.is_closed { "kl" } else { "kl_drawn" }, &self.kl)]
    }
}

fn bound(
    nets: &VariationalNetworks,
    rules: &Rules,
    x: &Tensor,
    noise: &Tensor,
    classes: Option<&Tensor>,
    cx: &mut Ctx,
) -> Bound {
    let (n, draws) = (x.dims()[0], rules.draws);
    let (draw, output) = nets.pass(x, noise, draws, classes, cx);
    let drawn = |draw: &Draw| draw.log_ratio.sum(..) / (n * draws) as f64;
    if draws == 1 {
        let reconstruction = rules.likelihood.loss(&output, x);
        let kl = draw.kl.as_ref().map_or_else(|| drawn(&draw), |kl| kl.sum(..) / n as f64);
        let is_closed = draw.kl.is_some();
        return Bound { reconstruction, kl, is_closed, of_draws: None, draw };
    }
    let log_prob = rules.likelihood.log_prob(&output, x);
    let log_weights = &log_prob - draw.log_ratio.sum(1).reshape([n, draws]);
    let of_draws = -importance_bound(&log_weights).mean(..);
    let (reconstruction, kl) = no_grad(|| (-log_prob.detach().mean(..), drawn(&draw).detach()));
    Bound { reconstruction, kl, is_closed: false, of_draws: Some(of_draws), draw }
}

impl VariationalTraining {
    /// Networks with an optimiser of these settings.
    pub fn new(
        mut nets: VariationalNetworks,
        optimizer: &OptimizerSettings,
        rules: Rules,
        options: TensorOptions,
    ) -> Self {
        let optimizer = optimizer.build(named_parameters(&mut nets));
        VariationalTraining { nets, optimizer, rules, options }
    }

    /// Length of a code.
    pub(super) fn code(&self) -> usize {
        self.nets.posterior.code(self.rules.latent)
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Standard normal noise for so many codes of each of so many images.
    fn noise(&self, count: usize, draws: usize, key: Key) -> Tensor {
        Tensor::normal(key, [count, draws * self.code()], self.options.dtype, &self.options.device)
    }

    /// One step on images `x` in `[0, 1]` with given standard normal noise `[n, draws·code]`, and the classes `U32 [n]` where
    /// the model is told some.
    ///
    /// # Errors
    /// The failure of a device, or a loss or gradient that isn't finite.
    pub fn step_with(
        &mut self,
        x: &Tensor,
        classes: Option<&Tensor>,
        noise: &Tensor,
        cx: &StepCtx,
    ) -> Result<Metrics, StepError> {
        let (nets, rules) = (&self.nets, &self.rules);
        let mut run = Ctx::train(cx.key);
        cx.minimize(&mut *self.optimizer, |m| {
            let classes = classes.map(|classes| m.of(classes));
            let bound = bound(nets, rules, &m.of(x), &m.of(noise), classes.as_ref(), &mut run);
            let with_parts =
                |loss: Loss| bound.parts().into_iter().fold(loss, |loss, (name, part)| loss.with(name, part));
            // What is minimised is what a test measures, and has its name, where it is the bound itself.
            if let Some(of_draws) = &bound.of_draws {
                let loss = Loss::from(of_draws.clone()).named("neg_iwae");
                return with_parts(loss).with("neg_elbo", &bound.neg_elbo());
            }
            if rules.is_plain() {
                return with_parts(Loss::from(bound.neg_elbo()).named("neg_elbo"));
            }
            let off = match rules.capacity_at(cx) {
                None => bound.kl.clone(),
                Some(nats) => (&bound.kl - nats).abs(),
            };
            let mut value = &bound.reconstruction + off * rules.kl_weight_at(cx);
            let mut terms = Vec::new();
            if rules.total_correlation != 0.0 {
                let (mu, logvar) = &bound.draw.gaussian;
                let term = total_correlation(&bound.draw.z, mu, logvar);
                value = value + &term * rules.total_correlation;
                terms.push(("total_correlation", term));
            }
            if rules.mmd != 0.0 {
                let codes = &bound.draw.codes;
                let prior = Tensor::normal(
                    m.key(cx.key.purpose("prior")),
                    *codes.dims(),
                    codes.dtype(),
                    codes.device(),
                );
                let term = mmd(codes, &prior);
                value = value + &term * rules.mmd;
                terms.push(("mmd", term));
            }
            let loss = with_parts(Loss::from(value));
            let loss = terms.iter().fold(loss, |loss, (name, term)| loss.with(name, term));
            loss.with("neg_elbo", &bound.neg_elbo())
        })
    }

    /// The classes of a batch, where the model is told some.
    pub(super) fn classes_of(&self, batch: &Batch) -> Option<Tensor> {
        (self.rules.classes > 0).then(|| batch.labels().clone())
    }
}

impl Stateful for VariationalTraining {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("net", &mut self.nets);
        v.part("optimizer", &mut *self.optimizer);
    }
}

impl Training for VariationalTraining {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let noise = self.noise(batch.len(), self.rules.draws, cx.key.purpose("noise"));
        let classes = self.classes_of(batch);
        self.step_with(&batch.images().unit(), classes.as_ref(), &noise, cx)
    }

    /// The bound itself, whatever is trained with: with the weight 1, and nothing added.
    fn evaluate(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Option<Metrics>, Error> {
        let noise = self.noise(batch.len(), self.rules.draws, cx.key.purpose("noise"));
        let (classes, x) = (self.classes_of(batch), batch.images().unit());
        let bound =
            no_grad(|| bound(&self.nets, &self.rules, &x, &noise, classes.as_ref(), &mut Ctx::eval()));
        self.options.device.status()?;
        let elbo = bound.neg_elbo();
        let mut metrics = Metrics::new();
        if let Some(of_draws) = &bound.of_draws {
            metrics = metrics.with("neg_iwae", of_draws);
        }
        metrics = metrics.with("neg_elbo", &elbo);
        metrics = bound.parts().into_iter().fold(metrics, |metrics, (name, part)| metrics.with(name, part));
        if self.rules.likelihood.is_over_bytes() {
            let nats = bound.of_draws.as_ref().unwrap_or(&elbo);
            let image = [1, 2, 3].map(|axis| x.dims()[axis]);
            metrics = metrics.with("bits_per_dim", &(nats * bits_per_dimension(1.0, image)));
        }
        Ok(Some(metrics))
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::least(if self.rules.draws > 1 { "neg_iwae" } else { "neg_elbo" }))
    }

    fn exhibit(&mut self, examples: &Batch, key: Key) -> Result<Exhibit, Error> {
        show::exhibit(self, examples, key)
    }

    fn generator(&mut self) -> Option<&mut dyn Generator> {
        Some(self)
    }

    fn encoder(&mut self) -> Option<&mut dyn Encoder> {
        Some(self)
    }

    fn density(&mut self) -> Option<&mut dyn Density> {
        Some(self)
    }
}

impl Generator for VariationalTraining {
    fn latent(&self) -> usize {
        self.code()
    }

    fn classes(&self) -> usize {
        self.rules.classes
    }

    fn options(&self) -> &TensorOptions {
        &self.options
    }

    fn generate(&mut self, z: &Tensor, classes: Option<&Tensor>) -> Result<Images, Error> {
        self.decode(z, classes)
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut self.nets
    }
}

impl Encoder for VariationalTraining {
    fn classes(&self) -> usize {
        self.rules.classes
    }

    fn encode(&mut self, images: &Images, classes: Option<&Tensor>) -> Result<Tensor, Error> {
        let VariationalNetworks { autoencoder, posterior } = &self.nets;
        let x = images.unit();
        let codes =
            no_grad(|| Ctx::eval().of_classes(classes, |cx| posterior.most_likely(&**autoencoder, &x, cx)));
        self.options.device.status()?;
        Ok(codes)
    }

    fn decode(&mut self, codes: &Tensor, classes: Option<&Tensor>) -> Result<Images, Error> {
        let VariationalNetworks { autoencoder, posterior } = &self.nets;
        let images = no_grad(|| {
            Ctx::eval().of_classes(classes, |cx| {
                let z = posterior.place(codes, cx);
                self.rules.likelihood.mean(&autoencoder.decode(&z, cx))
            })
        });
        self.options.device.status()?;
        Ok(images)
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut self.nets
    }
}

impl Density for VariationalTraining {
    fn classes(&self) -> usize {
        self.rules.classes
    }

    fn is_over_bytes(&self) -> bool {
        self.rules.likelihood.is_over_bytes()
    }

    fn options(&self) -> &TensorOptions {
        &self.options
    }

    fn log_weights(
        &mut self,
        images: &Images,
        classes: Option<&Tensor>,
        draws: usize,
        key: Key,
    ) -> Result<Tensor, Error> {
        let (x, noise) = (images.unit(), self.noise(images.len(), draws, key));
        let log_weights = no_grad(|| {
            let (draw, output) = self.nets.pass(&x, &noise, draws, classes, &mut Ctx::eval());
            let log_ratio = draw.log_ratio.sum(1).reshape([images.len(), draws]);
            self.rules.likelihood.log_prob(&output, &x) - log_ratio
        });
        self.options.device.status()?;
        Ok(log_weights)
    }

    fn latents(&mut self, images: &Images, classes: Option<&Tensor>, key: Key) -> Result<Latents, Error> {
        let means = self.encode(images, classes)?;
        let (x, noise) = (images.unit(), self.noise(images.len(), 1, key));
        let VariationalNetworks { autoencoder, posterior } = &self.nets;
        let draw = no_grad(|| {
            Ctx::eval().of_classes(classes, |cx| posterior.draw(&**autoencoder, &x, &noise, 1, cx))
        });
        self.options.device.status()?;
        Ok(Latents { means, draws: draw.codes, kl: draw.kl.unwrap_or(draw.log_ratio) })
    }
}
