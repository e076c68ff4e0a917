//! Logarithms of densities and probabilities, element by element, in nats. Dims of what is given are broadcast.

use kiln_grad::Tensor;

/// The least logarithm of a deviation that a [`Gaussian`](super::Likelihood::Gaussian) has, with a soft bound as that of
/// Rybkin et al. (2021): `ln σ = LOWEST + softplus(raw − LOWEST)`.
pub const LOWEST_LOG_SIGMA: f64 = -6.0;

/// The least logarithm of a logistic scale, in units of half of white (Salimans et al., 2017).
pub const LOWEST_LOG_SCALE: f64 = -7.0;

/// The largest, far beyond any image, so that the width of a bin doesn't round to 0.
const HIGHEST_LOG_SCALE: f64 = 30.0;

/// Half of the distance between two bytes, where black is −1 and white 1.
const HALF_BIN: f64 = 1.0 / 255.0;

/// `x·ln σ(l) + (1 − x)·ln(1 − σ(l))` for logits `l` and `x` in `[0, 1]`.
#[must_use]
#[track_caller]
pub fn bernoulli(logits: &Tensor, x: &Tensor) -> Tensor {
    logits * x - logits.softplus()
}

/// `ln N(x; μ, σ²)` for `ln σ`.
#[must_use]
#[track_caller]
pub fn gaussian(mean: &Tensor, log_sigma: &Tensor, x: &Tensor) -> Tensor {
    let distance = (x - mean) * (-log_sigma).exp();
    distance.square() * -0.5 - log_sigma - 0.5 * std::f64::consts::TAU.ln()
}

/// The logarithm of the probability that a logistic distribution gives to the byte `255·x`: what it has between the
/// middles to the bytes beside it, and for black and white all beyond. Mean and scale are in units in which black is −1 and
/// white 1; logarithms of scales below [`LOWEST_LOG_SCALE`] count as it.
///
/// Exact also far from the mean, where the difference of two sigmoids would be 0: with `a > b`,
/// `σ(a) − σ(b) = σ(a)·σ(−b)·(1 − e^(b − a))`.
#[must_use]
#[track_caller]
pub fn discretised_logistic(mean: &Tensor, log_scale: &Tensor, x: &Tensor) -> Tensor {
    let sharpness = (-log_scale.clamp(LOWEST_LOG_SCALE, HIGHEST_LOG_SCALE)).exp();
    let centred = (x * 2.0 - 1.0) - mean;
    let below_upper = -(-(&sharpness * (&centred + HALF_BIN))).softplus();
    let above_lower = -(&sharpness * (&centred - HALF_BIN)).softplus();
    let width = (-(&sharpness * (-2.0 * HALF_BIN)).expm1()).ln();
    // Within half the way to the next byte.
    let black = x.lt(0.5 * HALF_BIN);
    let white = x.gt(1.0 - 0.5 * HALF_BIN);
    let dims = *above_lower.dims();
    let (black, white) = (black.broadcast_to(dims), white.broadcast_to(dims));
    let inner = width.broadcast_to(dims).masked_fill(&black, 0.0).masked_fill(&white, 0.0);
    below_upper.masked_fill(&white, 0.0) + above_lower.masked_fill(&black, 0.0) + inner
}

/// The same of a mixture whose components are along `axis`, of which `x` has one element: `weights` are logits.
#[must_use]
#[track_caller]
pub fn logistic_mixture(
    weights: &Tensor,
    means: &Tensor,
    log_scales: &Tensor,
    x: &Tensor,
    axis: i32,
) -> Tensor {
    (weights.log_softmax(axis) + discretised_logistic(means, log_scales, x)).logsumexp(axis)
}
