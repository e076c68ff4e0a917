//! The parts of a variational autoencoder's loss (Kingma and Welling, 2013).

use super::reduction::{Reduction, same_dims};
use kiln_grad::Tensor;

/// `KL(N(μ, σ²) ‖ N(0, 1)) = −½ Σ(1 + ln σ² − μ² − σ²)`, summed over the dims of a sample and averaged over
/// the batch: `mu` and `logvar` (ln σ²) are `[n, ..]`.
///
/// # Panics
/// When the dims differ or there is no batch axis.
#[must_use]
#[track_caller]
pub fn kl_standard_normal(mu: &Tensor, logvar: &Tensor) -> Tensor {
    same_dims("kl_standard_normal", mu, logvar);
    // σ² − 1 as expm1: near the prior the terms cancel, and 1 + ln σ² − σ² would keep few digits.
    let twice = mu.square() + logvar.expm1() - logvar;
    Reduction::BatchMean.apply(&twice) * 0.5
}

/// A draw `z = μ + σ⊙ε` from `N(μ, σ²)` made of `eps`, a draw from `N(0, 1)`, so that gradients flow to
/// `mu` and `logvar` (ln σ²). All have the same dims.
///
/// # Panics
/// When the dims differ.
#[must_use]
#[track_caller]
pub fn reparameterize(mu: &Tensor, logvar: &Tensor, eps: &Tensor) -> Tensor {
    same_dims("reparameterize", mu, logvar);
    same_dims("reparameterize", mu, eps);
    mu + (logvar * 0.5).exp() * eps
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;

    #[test]
    fn divergence_from_the_prior() {
        let mu = Tensor::from([[0.5, -1.0], [0.0, 2.0]]);
        let logvar = Tensor::from([[0.2, -0.3], [1.0, 0.0]]);
        let kl = kl_standard_normal(&mu, &logvar).item().unwrap();
        assert!((kl - 1.507625701825233).abs() < 1e-14, "{kl}");
        assert_eq!(kl_standard_normal(&mu.zeros_like(), &mu.zeros_like()).item().unwrap(), 0.0);
        let narrow = kl_standard_normal(&mu.zeros_like(), &mu.full_like(-1e4)).item().unwrap();
        assert!((narrow - 9999.0).abs() < 1e-9, "{narrow}");
    }

    #[test]
    fn draws_carry_gradients() {
        let mu = Tensor::from([[1.0, 2.0]]).tracked();
        let logvar = Tensor::from([[0.0, 4f64.ln()]]).tracked();
        let z = reparameterize(&mu, &logvar, &Tensor::from([[0.5, -1.0]]));
        let have = z.to_f64_vec().unwrap();
        assert!((have[0] - 1.5).abs() < 1e-15 && have[1].abs() < 1e-15, "{have:?}");
        let slopes = grad(z.sum(..), &[&mu, &logvar]);
        assert_eq!(slopes[0].to_f64_vec().unwrap(), [1.0, 1.0]);
        // ∂z/∂ln σ² = σε/2.
        let have = slopes[1].to_f64_vec().unwrap();
        assert!((have[0] - 0.25).abs() < 1e-15 && (have[1] + 1.0).abs() < 1e-15, "{have:?}");
    }
}
