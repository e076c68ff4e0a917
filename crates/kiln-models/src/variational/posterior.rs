//! Codes of images: how they are drawn, and what they cost.

use super::flow::Flow;
use super::levels::{self, Levels};
use crate::nets::Autoencoder;
use kiln_grad::Tensor;
use kiln_nn::loss::{kl_normal_each, kl_standard_normal_each, reparameterize};
use kiln_nn::{Ctx, StateVisitor, Stateful};

/// The form of `q(z|x)`.
pub enum Posterior {
    /// Each latent by itself, a Gaussian.
    Diagonal,
    /// A Gaussian changed by a flow.
    Flow(Flow),
    /// Two levels of Gaussians.
    Levels(Box<Levels>),
}

/// Codes drawn from `q(z|x)`, all draws of an image one after the other.
///
/// A *code* is written in numbers that are standard normal under the prior: of two levels those above, and behind them
/// how many deviations those below are off the mean that those above give them.
pub struct Draw {
    /// What the decoder takes, `[n·draws, latent]`.
    pub z: Tensor,
    /// The codes, `[n·draws, code]`.
    pub codes: Tensor,
    /// `ln q − ln p` of each latent of a code, `[n·draws, code]`.
    pub log_ratio: Tensor,
    /// `KL(q ‖ p)` of each latent in closed form, `[n, code]`, where there is one and one draw.
    pub kl: Option<Tensor>,
    /// Mean and logarithm of the variance of the Gaussian that was drawn from, `[n, latent]`.
    pub gaussian: (Tensor, Tensor),
}

impl Stateful for Posterior {
    fn visit(&mut self, v: &mut StateVisitor) {
        match self {
            Posterior::Diagonal => {}
            Posterior::Flow(flow) => v.part("flow", flow),
            Posterior::Levels(levels) => v.part("levels", &mut **levels),
        }
    }
}

/// Each row as often as there are draws.
fn repeated(rows: &Tensor, draws: usize) -> Tensor {
    if draws == 1 { rows.clone() } else { rows.repeat_interleave(draws, 0) }
}

/// `ln N(z; μ, σ²) = −½ε² − ½ ln σ²` of `z = μ + σε`, without the constant that the prior has too.
fn log_drawn(noise: &Tensor, logvar: &Tensor) -> Tensor {
    noise.square() * -0.5 - logvar * 0.5
}

impl Posterior {
    /// Length of a code, of a network whose decoder takes `latent` numbers.
    pub fn code(&self, latent: usize) -> usize {
        match self {
            Posterior::Levels(levels) => levels.above() + latent,
            _ => latent,
        }
    }

    /// Codes of images `[n, ..]`, made of standard normal noise `[n, draws·code]`.
    pub fn draw(
        &self,
        net: &dyn Autoencoder,
        x: &Tensor,
        noise: &Tensor,
        draws: usize,
        cx: &mut Ctx,
    ) -> Draw {
        let features = net.encode(x, cx);
        let (mu, logvar) = net.heads(&features, cx);
        let rows = x.dims()[0] * draws;
        let noise = noise.reshape([rows, noise.dims()[1] / draws]);
        let gaussian = (mu.clone(), logvar.clone());
        match self {
            Posterior::Diagonal => {
                let z = reparameterize(&repeated(&mu, draws), &repeated(&logvar, draws), &noise);
                let log_ratio = log_drawn(&noise, &repeated(&logvar, draws)) + z.square() * 0.5;
                let kl = (draws == 1).then(|| kl_standard_normal_each(&mu, &logvar));
                Draw { codes: z.clone(), z, log_ratio, kl, gaussian }
            }
            Posterior::Flow(flow) => {
                let logvar = repeated(&logvar, draws);
                let start = reparameterize(&repeated(&mu, draws), &logvar, &noise);
                let (z, log_q) = flow.forward(start, Some(log_drawn(&noise, &logvar)), &features, cx);
                let log_ratio = log_q.expect("it was given one") + z.square() * 0.5;
                Draw { codes: z.clone(), z, log_ratio, kl: None, gaussian }
            }
            Posterior::Levels(levels) => {
                let (above, latent) = (levels.above(), mu.dims()[1]);
                let [up, low] = [noise.narrow(1, 0, above), noise.narrow(1, above, latent)];
                let (up_mu, up_logvar) = levels.heads(&features, cx);
                let [up_mu, up_logvar] = [up_mu, up_logvar].map(|of| repeated(&of, draws));
                let u = reparameterize(&up_mu, &up_logvar, &up);
                let (prior_mu, prior_logvar) = levels.prior(&u, cx);
                let found = (&repeated(&mu, draws), &repeated(&logvar, draws));
                let (mu, logvar) = levels::product(found, (&prior_mu, &prior_logvar));
                let z = reparameterize(&mu, &logvar, &low);
                let off = (&z - &prior_mu) * (&prior_logvar * -0.5).exp();
                let of_above = log_drawn(&up, &up_logvar) + u.square() * 0.5;
                let of_below = log_drawn(&low, &logvar) + off.square() * 0.5 + &prior_logvar * 0.5;
                let kl = (draws == 1).then(|| {
                    let below = kl_normal_each(&mu, &logvar, &prior_mu, &prior_logvar);
                    Tensor::concat(&[&kl_standard_normal_each(&up_mu, &up_logvar), &below], 1)
                });
                let codes = Tensor::concat(&[&u, &off], 1);
                let log_ratio = Tensor::concat(&[&of_above, &of_below], 1);
                Draw { z, codes, log_ratio, kl, gaussian }
            }
        }
    }

    /// The code at the mean of every Gaussian on the way.
    pub fn most_likely(&self, net: &dyn Autoencoder, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let features = net.encode(x, cx);
        let (mu, logvar) = net.heads(&features, cx);
        match self {
            Posterior::Diagonal => mu,
            Posterior::Flow(flow) => flow.forward(mu, None, &features, cx).0,
            Posterior::Levels(levels) => {
                let (u, _) = levels.heads(&features, cx);
                let (prior_mu, prior_logvar) = levels.prior(&u, cx);
                let (z, _) = levels::product((&mu, &logvar), (&prior_mu, &prior_logvar));
                Tensor::concat(&[&u, &((z - prior_mu) * (prior_logvar * -0.5).exp())], 1)
            }
        }
    }

    /// What the decoder takes, of codes.
    pub fn place(&self, codes: &Tensor, cx: &mut Ctx) -> Tensor {
        match self {
            Posterior::Diagonal | Posterior::Flow(_) => codes.clone(),
            Posterior::Levels(levels) => {
                let above = levels.above();
                let (mu, logvar) = levels.prior(&codes.narrow(1, 0, above), cx);
                reparameterize(&mu, &logvar, &codes.narrow(1, above, codes.dims()[1] - above))
            }
        }
    }
}
