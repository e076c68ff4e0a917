//! The training step that all VAEs share.

use kiln_grad::{Error, Tensor};
use kiln_nn::loss::{Reduction, bce_with_logits, kl_standard_normal, reparameterize};
use kiln_nn::optim::Adam;
use kiln_nn::{
    Autoencoder, Batch, Generator, Images, Loss, Metrics, PixelRange, StateVisitor, Stateful, StepCtx,
    StepError, TensorOptions, Training,
};
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
    options: TensorOptions,
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
    pub fn new(net: N, optimizer: Adam, latent: usize, kl_weight: f64, options: TensorOptions) -> Self {
        VaeTraining { net, optimizer, latent, kl_weight, options }
    }

    fn noise(&self, count: usize, key: Key) -> Tensor {
        Tensor::normal(key, [count, self.latent], self.options.dtype, &self.options.device)
    }

    /// The loss on images `x` in `[0, 1]` with given standard normal noise `[n, latent]`.
    pub fn loss(&self, x: &Tensor, noise: &Tensor) -> VaeLoss {
        vae_loss(&self.net, x, noise, self.kl_weight)
    }

    /// One step with given noise.
    ///
    /// # Errors
    /// The failure of a device, or a loss or gradient that isn't finite.
    pub fn step_with(&mut self, x: &Tensor, noise: &Tensor, cx: &StepCtx) -> Result<Metrics, StepError> {
        let (net, kl_weight) = (&self.net, self.kl_weight);
        cx.minimize(["loss", "grad_norm"], &mut self.optimizer, |part| {
            let VaeLoss { loss, bce, kl } = vae_loss(net, &part.of(x), &part.of(noise), kl_weight);
            Loss::from(loss).with("bce", &bce).with("kl", &kl)
        })
    }

    fn decode(&self, z: &Tensor) -> Tensor {
        self.net.decode(z).sigmoid()
    }
}

fn vae_loss(net: &impl VaeNet, x: &Tensor, noise: &Tensor, kl_weight: f64) -> VaeLoss {
    let (mu, logvar) = net.encode(x);
    let logits = net.decode(&reparameterize(&mu, &logvar, noise));
    let bce = bce_with_logits(&logits, x, Reduction::BatchMean);
    let kl = kl_standard_normal(&mu, &logvar);
    VaeLoss { loss: &bce + &kl * kl_weight, bce, kl }
}

impl<N: VaeNet> Stateful for VaeTraining<N> {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("net", &mut self.net);
        v.part("optimizer", &mut self.optimizer);
    }
}

impl<N: VaeNet> Training for VaeTraining<N> {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let noise = self.noise(batch.images().len(), cx.key.purpose("noise"));
        self.step_with(&batch.images().unit(), &noise, cx)
    }

    fn evaluate(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Option<Metrics>, Error> {
        let noise = self.noise(batch.images().len(), cx.key.purpose("noise"));
        let VaeLoss { bce, kl, .. } = kiln_grad::no_grad(|| self.loss(&batch.images().unit(), &noise));
        self.options.device.status()?;
        // The evidence lower bound has the weight 1, whatever weight is trained with.
        Ok(Some(Metrics::new().with("neg_elbo", &(&bce + &kl)).with("bce", &bce).with("kl", &kl)))
    }

    /// Two rows of examples, each over its reconstructions, and four rows of samples.
    fn sheet(&mut self, examples: &Batch, key: Key) -> Result<Images, Error> {
        let images = examples.images().unit();
        let rows = (images.dims()[0] / ROW).min(2);
        let mut parts = Vec::new();
        kiln_grad::no_grad(|| {
            for row in 0..rows {
                let shown = images.narrow(0, row * ROW, ROW);
                let rebuilt = self.decode(&self.net.encode(&shown).0);
                parts.extend([shown, rebuilt]);
            }
        });
        let options = self.options.clone();
        parts.push(self.draw(4 * ROW, key, &options)?.unit());
        Ok(Images::new(Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0), PixelRange::Unit))
    }

    fn generator(&mut self) -> Option<&mut dyn Generator> {
        Some(self)
    }

    fn autoencoder(&mut self) -> Option<&mut dyn Autoencoder> {
        Some(self)
    }
}

impl<N: VaeNet> Generator for VaeTraining<N> {
    fn latent(&self) -> usize {
        self.latent
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut self.net
    }

    fn generate(&mut self, z: &Tensor) -> Result<Images, Error> {
        let images = kiln_grad::no_grad(|| self.decode(z));
        self.options.device.status()?;
        Ok(Images::new(images, PixelRange::Unit))
    }
}

impl<N: VaeNet> Autoencoder for VaeTraining<N> {
    fn encode(&mut self, images: &Images) -> Result<Tensor, Error> {
        let (mu, _) = kiln_grad::no_grad(|| self.net.encode(&images.unit()));
        self.options.device.status()?;
        Ok(mu)
    }
}
