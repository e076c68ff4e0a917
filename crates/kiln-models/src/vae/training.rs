//! The training step that all VAEs share.

use kiln_grad::{Error, Tensor};
use kiln_nn::loss::{Reduction, bce_with_logits, kl_standard_normal, reparameterize};
use kiln_nn::optim::{Adam, Optimizer};
use kiln_nn::{Batch, Images, Metrics, Place, Range, StateVisitor, Stateful, StepCtx, Training};
use kiln_tensor::random::Key;

/// How many images are shown in a row of the sheet.
const ROW: usize = 8;

/// The two halves of a VAE.
pub trait VaeNet: Stateful + Send {
    /// Mean and logarithm of the variance of `q(z|x)`, each `[n, latent]`, for images in `[0, 1]`.
    fn encode(&self, x: &Tensor) -> (Tensor, Tensor);

    /// The logits of `p(x|z)`, with the dims of the images, for `z [n, latent]`.
    fn decode(&self, z: &Tensor) -> Tensor;
}

/// A VAE that trains on grey values read as probabilities: `−E log p(x|z) + kl_weight · KL(q(z|x)‖p(z))`,
/// summed over pixels and latent dimensions, averaged over the batch.
pub struct VaeTraining<N> {
    net: N,
    optimizer: Adam,
    latent: usize,
    kl_weight: f64,
    place: Place,
}

/// The parts of a VAE's loss, each a mean over the batch, in nats.
pub struct VaeLoss {
    /// What is minimised.
    pub loss: Tensor,
    /// The reconstruction term `−E log p(x|z)`.
    pub bce: Tensor,
    /// `KL(q(z|x)‖p(z))`.
    pub kl: Tensor,
}

impl<N: VaeNet> VaeTraining<N> {
    /// A network with its optimiser.
    pub fn new(net: N, optimizer: Adam, latent: usize, kl_weight: f64, place: Place) -> Self {
        VaeTraining { net, optimizer, latent, kl_weight, place }
    }

    fn noise(&self, count: usize, key: Key) -> Tensor {
        Tensor::normal(key, [count, self.latent], self.place.dtype, &self.place.device)
    }

    /// The loss on images `x` in `[0, 1]` with given standard normal noise `[n, latent]`.
    pub fn loss(&self, x: &Tensor, noise: &Tensor) -> VaeLoss {
        let (mu, logvar) = self.net.encode(x);
        let logits = self.net.decode(&reparameterize(&mu, &logvar, noise));
        let bce = bce_with_logits(&logits, x, Reduction::BatchMean);
        let kl = kl_standard_normal(&mu, &logvar);
        VaeLoss { loss: &bce + &kl * self.kl_weight, bce, kl }
    }

    /// One step with given noise.
    pub fn step_with(&mut self, x: &Tensor, noise: &Tensor) -> VaeLoss {
        let VaeLoss { loss, bce, kl } = self.loss(x, noise);
        let parts = VaeLoss { loss: loss.detach(), bce: bce.detach(), kl: kl.detach() };
        drop((bce, kl));
        self.optimizer.minimize(loss);
        parts
    }

    fn decode(&self, z: &Tensor) -> Tensor {
        self.net.decode(z).sigmoid()
    }
}

impl<N: VaeNet> Stateful for VaeTraining<N> {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("net", &mut self.net);
        v.part("optimizer", &mut self.optimizer);
    }
}

impl<N: VaeNet> Training for VaeTraining<N> {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, Error> {
        let noise = self.noise(batch.images.len(), cx.key.purpose("noise"));
        let VaeLoss { loss, bce, kl } = self.step_with(&batch.images.unit(), &noise);
        self.place.device.status()?;
        Ok(Metrics::new().with("loss", &loss).with("bce", &bce).with("kl", &kl))
    }

    fn evaluate(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Option<Metrics>, Error> {
        let noise = self.noise(batch.images.len(), cx.key.purpose("noise"));
        let VaeLoss { bce, kl, .. } = kiln_grad::no_grad(|| self.loss(&batch.images.unit(), &noise));
        self.place.device.status()?;
        // The evidence lower bound has the weight 1, whatever weight is trained with.
        Ok(Some(Metrics::new().with("neg_elbo", &(&bce + &kl)).with("bce", &bce).with("kl", &kl)))
    }

    fn sample(&mut self, count: usize, key: Key) -> Result<Images, Error> {
        let noise = self.noise(count, key.purpose("noise"));
        let images = kiln_grad::no_grad(|| self.decode(&noise));
        self.place.device.status()?;
        Ok(Images::new(images, Range::Unit))
    }

    /// Two rows of examples, each over its reconstructions, and four rows of samples.
    fn sheet(&mut self, examples: &Batch, key: Key) -> Result<Images, Error> {
        let images = examples.images.unit();
        let rows = (images.dims()[0] / ROW).min(2);
        let mut parts = Vec::new();
        kiln_grad::no_grad(|| {
            for row in 0..rows {
                let shown = images.narrow(0, row * ROW, ROW);
                let rebuilt = self.decode(&self.net.encode(&shown).0);
                parts.extend([shown, rebuilt]);
            }
        });
        parts.push(self.sample(4 * ROW, key)?.unit());
        Ok(Images::new(Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0), Range::Unit))
    }
}
