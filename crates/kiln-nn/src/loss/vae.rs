//! The parts of a variational autoencoder's loss (Kingma and Welling, 2013), and what its relatives add to it.

use super::reduction::{Reduction, same_dims};
use kiln_grad::{DType, Tensor};

/// `KL(N(μ, σ²) ‖ N(0, 1)) = −½ Σ(1 + ln σ² − μ² − σ²)`, summed over the dims of a sample and averaged over
/// the batch: `mu` and `logvar` (ln σ²) are `[n, ..]`.
///
/// # Panics
/// When the dims differ or there is no batch axis.
#[must_use]
#[track_caller]
pub fn kl_standard_normal(mu: &Tensor, logvar: &Tensor) -> Tensor {
    same_dims("kl_standard_normal", mu, logvar);
    Reduction::BatchMean.apply(&twice_kl(mu, logvar)) * 0.5
}

/// The same of each element, with the dims of `mu`.
///
/// # Panics
/// When the dims differ.
#[must_use]
#[track_caller]
pub fn kl_standard_normal_each(mu: &Tensor, logvar: &Tensor) -> Tensor {
    same_dims("kl_standard_normal", mu, logvar);
    twice_kl(mu, logvar) * 0.5
}

fn twice_kl(mu: &Tensor, logvar: &Tensor) -> Tensor {
    // σ² − 1 as expm1: near the prior the terms cancel, and 1 + ln σ² − σ² would keep few digits.
    mu.square() + logvar.expm1() - logvar
}

/// `KL(N(μ, σ²) ‖ N(m, s²))` of each element, of means and logarithms of variances of the same dims.
///
/// # Panics
/// When the dims differ.
#[must_use]
#[track_caller]
pub fn kl_normal_each(mu: &Tensor, logvar: &Tensor, prior_mu: &Tensor, prior_logvar: &Tensor) -> Tensor {
    [logvar, prior_mu, prior_logvar].iter().for_each(|other| same_dims("kl_normal", mu, other));
    let distance = (mu - prior_mu) * (prior_logvar * -0.5).exp();
    kl_standard_normal_each(&distance, &(logvar - prior_logvar))
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

/// The total correlation `KL(q(z) ‖ Π q(z_j))` of codes `z [n, d]` drawn from `q(z|x) = N(μ, σ²)`, one of each sample, with
/// `q(z)` taken for the mixture of the `q(z|x)` of this batch: the estimator of Chen et al. (2018) without their terms of
/// the size of the data set, which have no gradient. One number, in nats.
///
/// # Panics
/// When the dims differ or are not `[n, d]`.
#[must_use]
#[track_caller]
pub fn total_correlation(z: &Tensor, mu: &Tensor, logvar: &Tensor) -> Tensor {
    [mu, logvar].iter().for_each(|other| same_dims("total_correlation", z, other));
    assert!(z.rank() == 2, "total_correlation: got {}; wanted [n, d]", z.dims());
    let n = z.dims()[0] as f64;
    // Of each code i under the q(z|x) of each sample j, [i, j, d].
    let distance = (z.unsqueeze(1) - mu.unsqueeze(0)) * (logvar * -0.5).exp().unsqueeze(0);
    let logs = distance.square() * -0.5 - (logvar * 0.5).unsqueeze(0) - 0.5 * std::f64::consts::TAU.ln();
    let joint = logs.sum(2).logsumexp(1) - n.ln();
    let product = (logs.logsumexp(1) - n.ln()).sum(1);
    (joint - product).mean(..)
}

/// The squared maximum mean discrepancy of two sets of points `[n, d]`, by the kernel `C/(C + |a − b|²)` summed over
/// `C = 2d·s` for scales `s` from 0.1 to 10, without bias (Tolstikhin et al., 2018).
///
/// # Panics
/// When the dims differ, are not `[n, d]`, or there are fewer than two points.
#[must_use]
#[track_caller]
pub fn mmd(a: &Tensor, b: &Tensor) -> Tensor {
    same_dims("mmd", a, b);
    assert!(a.rank() == 2 && a.dims()[0] > 1, "mmd: got {}; wanted [n, d] with n from 2", a.dims());
    let [n, d] = [0, 1].map(|axis| a.dims()[axis]);
    // Not by the products of the points: near ones would be at distances of rounding.
    let squares = |a: &Tensor, b: &Tensor| (a.unsqueeze(1) - b.unsqueeze(0)).square().sum(2);
    let [aa, bb, ab] = [squares(a, a), squares(b, b), squares(a, b)];
    let others = 1.0 - Tensor::eye(n, a.dtype(), a.device());
    let pairs = (n * (n - 1)) as f64;
    let mut sum = Tensor::zeros([], DType::F64, a.device()).to_dtype(a.dtype());
    for scale in MMD_SCALES {
        let c = 2.0 * d as f64 * scale;
        let kernel = |squares: &Tensor| (squares + c).recip() * c;
        let same = ((kernel(&aa) + kernel(&bb)) * &others).sum(..) / pairs;
        sum = sum + same - kernel(&ab).mean(..) * 2.0;
    }
    sum
}

/// The scales of the kernel of [`mmd`].
const MMD_SCALES: [f64; 7] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

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

    #[test]
    fn divergence_between_two_normals_is_never_negative_and_0_between_equals() {
        let mu = Tensor::from([[0.5, -1.0], [0.0, 2.0]]);
        let logvar = Tensor::from([[0.2, -0.3], [1.0, 0.0]]);
        let of_itself = kl_normal_each(&mu, &logvar, &mu, &logvar).to_f64_vec().unwrap();
        assert_eq!(of_itself, [0.0; 4]);
        let standard = kl_normal_each(&mu, &logvar, &mu.zeros_like(), &mu.zeros_like());
        let each = kl_standard_normal_each(&mu, &logvar);
        assert_eq!(standard.to_f64_vec().unwrap(), each.to_f64_vec().unwrap());
        let other = kl_normal_each(&mu, &logvar, &(&mu + 1.5), &(&logvar - 0.7)).to_f64_vec().unwrap();
        // ½(0.7 + e^0.7·… ) by hand: ½(v/s − 1 − ln(v/s) + d²/s), v/s = e^0.7.
        for (at, logvar) in [0.2, -0.3, 1.0, 0.0].into_iter().enumerate() {
            let ratio = 0.7f64.exp();
            let want = 0.5 * (ratio - 1.0 - 0.7 + 2.25 / (logvar - 0.7f64).exp());
            assert!((other[at] - want).abs() < 1e-13, "{} {want}", other[at]);
        }
    }

    #[test]
    fn codes_that_say_the_same_twice_have_a_total_correlation() {
        let key = kiln_tensor::random::Key::new(4);
        let device = kiln_grad::Device::cpu();
        let mu = Tensor::normal(key, [256, 1], DType::F64, &device);
        let logvar = Tensor::full(-4.0, [256, 2], DType::F64, &device);
        let noise = Tensor::normal(key.purpose("noise"), [256, 2], DType::F64, &device);
        let twice = Tensor::concat(&[&mu, &mu], 1);
        let other = Tensor::normal(key.purpose("other"), [256, 1], DType::F64, &device);
        let apart = Tensor::concat(&[&mu, &other], 1);
        let of = |mu: &Tensor| {
            total_correlation(&reparameterize(mu, &logvar, &noise), mu, &logvar).item().unwrap()
        };
        // Near I = −½ ln(1 − ρ²) of a Gaussian pair with ρ = 1/(1 + e⁻⁴): 1.68.
        let (twice, apart) = (of(&twice), of(&apart));
        assert!((1.3..2.1).contains(&twice) && apart.abs() < 0.6 && apart < twice, "{twice} {apart}");
    }

    #[test]
    fn sets_of_one_distribution_are_no_distance_apart() {
        let device = kiln_grad::Device::cpu();
        let normal = |name: &str| {
            Tensor::normal(kiln_tensor::random::Key::new(4).purpose(name), [400, 3], DType::F64, &device)
        };
        let near = mmd(&normal("a"), &normal("b")).item().unwrap();
        let far = mmd(&normal("a"), &(normal("b") + 2.0)).item().unwrap();
        assert!(near.abs() < 0.02 && far > 1.0, "{near} {far}");
    }
}
