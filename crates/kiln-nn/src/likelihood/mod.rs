//! How likely an image is by what a decoder says of it.
//!
//! [`density`] has the densities, element by element; a [`Likelihood`] reads their parameters off the channels of a
//! decoder's output and adds up the elements of an image.

pub mod density;

use crate::batch::Images;
use crate::loss::{Reduction, bce_with_logits};
use density::{LOWEST_LOG_SIGMA, bernoulli, discretised_logistic, gaussian, logistic_mixture};
use kiln_grad::{Dims, Tensor};

/// A distribution `p(x|z)` of images, whose values are independent of each other given the output of a decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likelihood {
    /// Values in `[0, 1]` are probabilities of white, or are 0 and 1: one channel of logits for each of the image.
    Bernoulli,
    /// A normal density of values in `[0, 1]`, with a learned deviation of each: the means of all channels, and behind
    /// them what the logarithms of the deviations [are made of](density::LOWEST_LOG_SIGMA).
    Gaussian,
    /// A logistic distribution, cut into the 256 values of a byte (Kingma et al., 2016): the means of all channels in
    /// `[-1, 1]`, and behind them the logarithms of the scales.
    DiscretisedLogistic,
    /// A mixture of so many of these for each value (Salimans et al., 2017, without their links between colours): for
    /// each component logits of the weights, then means, then logarithms of the scales, of all channels each.
    LogisticMixture {
        /// Number of components.
        components: usize,
    },
}

impl Likelihood {
    /// Number of channels of a decoder's output for images of so many.
    pub fn channels(self, of_image: usize) -> usize {
        of_image
            * match self {
                Likelihood::Bernoulli => 1,
                Likelihood::Gaussian | Likelihood::DiscretisedLogistic => 2,
                Likelihood::LogisticMixture { components } => 3 * components,
            }
    }

    /// Whether it is a distribution over bytes, so that it says how many bits an image takes.
    pub fn is_over_bytes(self) -> bool {
        matches!(self, Likelihood::DiscretisedLogistic | Likelihood::LogisticMixture { .. })
    }

    /// `ln p(x|z)` in nats, summed over the values of an image: `[n, draws]` for images `x [n, c, h, w]` in `[0, 1]` and
    /// a decoder's output `[n·draws, channels, h, w]`, in which all draws of an image follow each other.
    ///
    /// # Panics
    /// When the dims don't fit.
    #[must_use]
    #[track_caller]
    pub fn log_prob(self, output: &Tensor, x: &Tensor) -> Tensor {
        let (n, dims) = (x.dims()[0], x.dims());
        let draws = self.draws(output, x);
        let [c, h, w] = [dims[1], dims[2], dims[3]];
        let x = x.reshape([n, 1, c, h, w]);
        let part = |index: usize| output.narrow(1, index * c, c).reshape([n, draws, c, h, w]);
        let parts = |index: usize, components: usize| {
            output.narrow(1, index * components * c, components * c).reshape([n, draws, components, c, h, w])
        };
        let each = match self {
            Likelihood::Bernoulli => bernoulli(&part(0), &x),
            Likelihood::Gaussian => gaussian(&part(0), &log_sigma(&part(1)), &x),
            Likelihood::DiscretisedLogistic => discretised_logistic(&part(0), &part(1), &x),
            Likelihood::LogisticMixture { components } => {
                let [weights, means, scales] = [0, 1, 2].map(|index| parts(index, components));
                logistic_mixture(&weights, &means, &scales, &x.unsqueeze(2), 2)
            }
        };
        each.sum([2, 3, 4])
    }

    /// `−ln p(x|z)` in nats, summed over the values of an image, the mean over all images and draws.
    ///
    /// # Panics
    /// When the dims don't fit.
    #[must_use]
    #[track_caller]
    pub fn loss(self, output: &Tensor, x: &Tensor) -> Tensor {
        match self {
            // One fused pass.
            Likelihood::Bernoulli if output.dims() == x.dims() => {
                bce_with_logits(output, x, Reduction::BatchMean)
            }
            _ => -self.log_prob(output, x).mean(..),
        }
    }

    /// The means of the distributions, as images in `[0, 1]`.
    ///
    /// # Panics
    /// When the output has channels of another likelihood.
    #[must_use]
    #[track_caller]
    pub fn mean(self, output: &Tensor) -> Images {
        let dims = output.dims();
        let c = dims[1] / self.channels(1);
        let unit = |signed: Tensor| (signed * 0.5 + 0.5).clamp(0.0, 1.0);
        let images = match self {
            Likelihood::Bernoulli => output.sigmoid(),
            Likelihood::Gaussian => output.narrow(1, 0, c).clamp(0.0, 1.0),
            Likelihood::DiscretisedLogistic => unit(output.narrow(1, 0, c)),
            Likelihood::LogisticMixture { components } => {
                let part = |index: usize| {
                    let part = output.narrow(1, index * components * c, components * c);
                    part.reshape([dims[0], components, c, dims[2], dims[3]])
                };
                unit((part(0).softmax(1) * part(1).clamp(-1.0, 1.0)).sum([1]))
            }
        };
        Images::new(images, crate::batch::PixelRange::Unit)
    }

    /// Number of draws for each image.
    #[track_caller]
    fn draws(self, output: &Tensor, x: &Tensor) -> usize {
        let (have, of) = (output.dims(), x.dims());
        let fits = have.rank() == 4
            && of.rank() == 4
            && of[0] > 0
            && have[0].is_multiple_of(of[0])
            && have[1] == self.channels(of[1])
            && have[2..] == of[2..];
        assert!(
            fits,
            "log_prob: a decoder's output {have} does not fit images {of} by {self:?}; wanted [n·draws, {}, h, w]",
            self.channels(of.get(1).copied().unwrap_or(0))
        );
        have[0] / of[0]
    }
}

/// The logarithm of a deviation from what a decoder says: bounded below, so that no value that is always the same
/// makes the density infinite.
fn log_sigma(raw: &Tensor) -> Tensor {
    (raw - LOWEST_LOG_SIGMA).softplus() + LOWEST_LOG_SIGMA
}

/// Bits for each value of an image of these dims `[c, h, w]`, from nats for the image.
pub fn bits_per_dimension(nats: f64, image: [usize; 3]) -> f64 {
    nats / (image.iter().product::<usize>() as f64 * std::f64::consts::LN_2)
}

/// `ln (1/k Σ wᵢ)` along axis 1 of logarithms of weights `ln w [n, k]`: the bound of Burda et al. (2016) on `ln p(x)`.
///
/// # Panics
/// When there are not two axes.
#[must_use]
#[track_caller]
pub fn importance_bound(log_weights: &Tensor) -> Tensor {
    let dims: &Dims = log_weights.dims();
    assert!(dims.rank() == 2, "importance_bound: got {dims}; wanted [n, draws]");
    log_weights.logsumexp(1) - (dims[1] as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_of_all_bytes_add_up_to_1() {
        let bytes: Vec<f64> = (0..256).map(|byte| f64::from(byte) / 255.0).collect();
        let x = Tensor::from_slice(&bytes, [256, 1, 1, 1], &kiln_grad::Device::cpu());
        for (likelihood, output) in [
            (Likelihood::DiscretisedLogistic, vec![0.3, -2.0]),
            (Likelihood::DiscretisedLogistic, vec![-1.7, 1.5]),
            // Scales below the least one count as it.
            (Likelihood::DiscretisedLogistic, vec![0.001, -30.0]),
            (Likelihood::LogisticMixture { components: 2 }, vec![0.4, -1.0, 0.9, -0.2, -3.0, -1.0]),
        ] {
            let all = output.repeat(256);
            let output = Tensor::from_slice(&all, [256, output.len(), 1, 1], &kiln_grad::Device::cpu());
            let total = likelihood.log_prob(&output, &x).exp().sum(..).item().unwrap();
            assert!((total - 1.0).abs() < 1e-12, "{likelihood:?}: {total}");
        }
    }

    #[test]
    fn twice_the_pixels_have_twice_the_loss() {
        for likelihood in [
            Likelihood::Bernoulli,
            Likelihood::Gaussian,
            Likelihood::DiscretisedLogistic,
            Likelihood::LogisticMixture { components: 3 },
        ] {
            let channels = likelihood.channels(1);
            let numbers: Vec<f64> = (0..channels * 4).map(|i| (i as f64 * 0.7).sin()).collect();
            let small = Tensor::from_slice(&numbers, [1, channels, 2, 2], &kiln_grad::Device::cpu());
            let x = Tensor::from([0.0, 0.2, 0.8, 1.0]).reshape([1, 1, 2, 2]);
            let one = likelihood.loss(&small, &x).item().unwrap();
            let [wide, wide_x] = [&small, &x].map(|t| Tensor::concat(&[t, t], 3));
            let two = likelihood.loss(&wide, &wide_x).item().unwrap();
            assert!((two - 2.0 * one).abs() < 1e-12 * one.abs(), "{likelihood:?}: {two} and {one}");
            // And twice the images the same.
            let [both, both_x] = [&small, &x].map(|t| Tensor::concat(&[t, t], 0));
            let mean = likelihood.loss(&both, &both_x).item().unwrap();
            assert!((mean - one).abs() < 1e-12 * one.abs(), "{likelihood:?}: {mean} and {one}");
        }
    }

    #[test]
    fn draws_of_an_image_follow_each_other() {
        let x = Tensor::from([0.0, 1.0]).reshape([2, 1, 1, 1]);
        let logits = Tensor::from([1.0, 2.0, 3.0, 4.0]).reshape([4, 1, 1, 1]);
        let have = Likelihood::Bernoulli.log_prob(&logits, &x);
        assert_eq!(have.dims()[..], [2, 2]);
        let ln_sigmoid = |x: f64| -(-x).exp().ln_1p();
        let want = [ln_sigmoid(-1.0), ln_sigmoid(-2.0), ln_sigmoid(3.0), ln_sigmoid(4.0)];
        let have = have.to_f64_vec().unwrap();
        assert!(have.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-14), "{have:?} {want:?}");
    }

    /// Whatever a decoder says, in `f32`: no logarithm meets a rounded 0.
    #[test]
    fn extreme_outputs_have_finite_losses_and_slopes() {
        for likelihood in [
            Likelihood::Bernoulli,
            Likelihood::Gaussian,
            Likelihood::DiscretisedLogistic,
            Likelihood::LogisticMixture { components: 2 },
        ] {
            let channels = likelihood.channels(1);
            for signs in 0..1 << channels {
                let said: Vec<f32> =
                    (0..channels).map(|i| if signs >> i & 1 == 1 { 1e4 } else { -1e4 }).collect();
                let said = said.repeat(3);
                let output =
                    Tensor::from_slice(&said, [3, channels, 1, 1], &kiln_grad::Device::cpu()).tracked();
                let x = Tensor::from([0.0_f32, 1.0, 0.4]).reshape([3, 1, 1, 1]);
                let loss = likelihood.loss(&output, &x);
                let value = loss.item().unwrap();
                let slope = kiln_grad::grad(loss, &[&output]).remove(0).to_f64_vec().unwrap();
                let finite = value.is_finite() && slope.iter().all(|slope| slope.is_finite());
                assert!(finite, "{likelihood:?} of {said:?}: {value}, {slope:?}");
            }
        }
    }

    #[test]
    fn means_are_images() {
        let mixture = Likelihood::LogisticMixture { components: 2 };
        let output = Tensor::from([0.0, 0.0, -0.5, 1.0, 0.3, 0.4]).reshape([1, 6, 1, 1]);
        assert_eq!(mixture.mean(&output).unit().to_f64_vec().unwrap(), [0.625]);
        let logistic = Tensor::from([3.0, 0.0]).reshape([1, 2, 1, 1]);
        assert_eq!(Likelihood::DiscretisedLogistic.mean(&logistic).unit().to_f64_vec().unwrap(), [1.0]);
    }

    #[test]
    fn a_bound_of_one_draw_is_its_weight_and_more_draws_give_no_less() {
        let weights = Tensor::from([[-80.0, -90.0, -1000.0], [0.0, 0.0, 0.0]]);
        let bound = importance_bound(&weights).to_f64_vec().unwrap();
        let want = -80.0 + ((1.0 + (-10f64).exp()) / 3.0).ln();
        assert!((bound[0] - want).abs() < 1e-12 && bound[1].abs() < 1e-15, "{bound:?}");
        assert_eq!(importance_bound(&weights.narrow(1, 0, 1)).to_f64_vec().unwrap(), [-80.0, 0.0]);
        assert!((bits_per_dimension(784.0 * 2f64.ln(), [1, 28, 28]) - 1.0).abs() < 1e-15);
    }

    #[test]
    #[should_panic(
        expected = "log_prob: a decoder's output [2, 1, 3, 3] does not fit images [2, 1, 3, 3] by Gaussian"
    )]
    fn an_output_of_another_likelihood_is_refused() {
        let x = Tensor::from([0.0; 18]).reshape([2, 1, 3, 3]);
        let _ = Likelihood::Gaussian.log_prob(&x, &x);
    }
}
