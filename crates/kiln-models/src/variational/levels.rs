//! A second level of latents above the first: a ladder (Sønderby et al., 2016).

use kiln_grad::{Tensor, scope};
use kiln_nn::layers::{Activation, Linear};
use kiln_nn::{Ctx, Module, TensorOptions, stateful};
use kiln_tensor::random::Key;

/// Above: `p(u) = N(0, 1)` and `q(u|x)`; below `p(z|u)`, and `q(z|x, u)`, which is the product of `p(z|u)` and of what the encoder
/// finds in the image, each weighted by how sure it is.
pub struct Levels {
    up: Linear,
    mu: Linear,
    logvar: Linear,
    down: Linear,
    prior_mu: Linear,
    prior_logvar: Linear,
    above: usize,
}

stateful!(Levels: up, mu, logvar, down, prior_mu, prior_logvar);

impl Levels {
    /// A level of `above` latents over one of `latent`, with hidden layers between of this width.
    pub fn new(
        above: usize,
        latent: usize,
        hidden: usize,
        features: usize,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        let key = key.purpose("levels");
        let linear = |name: &str, from, to| Linear::new(from, to, key.purpose(name), options);
        Levels {
            up: linear("up", features, hidden),
            mu: linear("mu", hidden, above),
            logvar: linear("logvar", hidden, above),
            down: linear("down", above, hidden),
            prior_mu: linear("prior_mu", hidden, latent),
            prior_logvar: linear("prior_logvar", hidden, latent),
            above,
        }
    }

    /// Number of latents above.
    pub fn above(&self) -> usize {
        self.above
    }

    /// Mean and logarithm of the variance of `q(u|x)`, of features.
    pub fn heads(&self, features: &Tensor, cx: &mut Ctx) -> (Tensor, Tensor) {
        let _scope = scope("levels");
        let h = self.up.activated(features, Activation::Relu, cx);
        (self.mu.forward(&h, cx), self.logvar.forward(&h, cx))
    }

    /// Mean and logarithm of the variance of `p(z|u)`.
    pub fn prior(&self, u: &Tensor, cx: &mut Ctx) -> (Tensor, Tensor) {
        let _scope = scope("levels");
        let h = self.down.activated(u, Activation::Relu, cx);
        (self.prior_mu.forward(&h, cx), self.prior_logvar.forward(&h, cx))
    }
}

/// The product of two normal densities, as mean and logarithm of the variance, of the same.
pub fn product(
    (mu, logvar): (&Tensor, &Tensor),
    (other_mu, other_logvar): (&Tensor, &Tensor),
) -> (Tensor, Tensor) {
    let gap = logvar - other_logvar;
    // 1/(1/σ² + 1/s²) = σ²/(1 + σ²/s²), and σ² has the weight 1/(1 + σ²/s²) in the mean.
    let share = (-&gap).sigmoid();
    (other_mu + share * (mu - other_mu), logvar - gap.softplus())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_of_densities_weighs_by_precision() {
        let [a, b] = [(1.0, 0.5f64), (-2.0, 4.0f64)];
        let tensor = |(mean, variance): (f64, f64)| (Tensor::from([mean]), Tensor::from([variance.ln()]));
        let (a, b) = (tensor(a), tensor(b));
        let (mu, logvar) = product((&a.0, &a.1), (&b.0, &b.1));
        // 1/0.5 + 1/4 = 2.25; (1/0.5 − 2/4)/2.25 = 2/3.
        assert!((logvar.item().unwrap().exp() - 1.0 / 2.25).abs() < 1e-14);
        assert!((mu.item().unwrap() - 2.0 / 3.0).abs() < 1e-14);
    }
}
