//! What figures are, and which way they get better.

use crate::MEASURES;
use kiln_nn::Better;

/// A figure: what it is called in records, and what is known of it whatever the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Name in records, such as `precision`.
    pub name: &'static str,
    /// The better of two values; `None` where neither is by itself.
    pub better: Option<Better>,
    /// What it says, without a full stop.
    pub about: &'static str,
}

impl Figure {
    pub(crate) const fn less(name: &'static str, about: &'static str) -> Figure {
        Figure { name, better: Some(Better::Less), about }
    }

    pub(crate) const fn more(name: &'static str, about: &'static str) -> Figure {
        Figure { name, better: Some(Better::More), about }
    }
}

/// Figures that models themselves report of the test set.
const OF_MODELS: &[Figure] = &[
    Figure::less("neg_elbo", "bound on the negative log-likelihood, in nats"),
    Figure::less("neg_iwae", "bound of several draws on the negative log-likelihood, in nats"),
    Figure::less("bits_per_dim", "bound on the bits for each value of an image"),
    Figure::less("loss", "loss on images held out"),
    Figure::less("error", "error on samples held out"),
    Figure::less("mse", "mean squared difference"),
    Figure::less("l1", "mean absolute difference"),
    Figure::more("accuracy", "share of samples whose class is told right"),
    Figure::more("psnr", "peak signal-to-noise ratio in dB, of all channels, white at 1"),
    Figure::more("ssim", "structural similarity"),
    Figure::more("ms_ssim", "structural similarity over five scales"),
];

/// The figure of this name: one that a [measure](MEASURES) takes, or models report; `None` for other names.
pub fn figure(name: &str) -> Option<&'static Figure> {
    let of_measures = MEASURES.iter().flat_map(|entry| entry.figures);
    of_measures.chain(OF_MODELS).find(|figure| figure.name == name)
}

/// The better of two values of a figure of this name; `None` where neither way is better by itself, as for one term of a
/// sum, or the name isn't known.
pub fn better(name: &str) -> Option<Better> {
    figure(name)?.better
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_better_when_more_and_errors_when_less() {
        for (name, way) in [
            ("psnr", Some(Better::More)),
            ("digits", Some(Better::More)),
            ("frechet", Some(Better::Less)),
            ("neg_elbo", Some(Better::Less)),
            ("density", None),
            ("kl", None),
            ("psnr_degraded", None),
        ] {
            assert_eq!(better(name), way, "{name}");
        }
    }

    #[test]
    fn each_figure_and_each_measure_has_a_name_of_its_own() {
        let mut names: Vec<&str> = MEASURES
            .iter()
            .flat_map(|entry| entry.figures)
            .chain(OF_MODELS)
            .map(|figure| figure.name)
            .collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        let measures: Vec<&str> = MEASURES.iter().map(|entry| entry.name).collect();
        assert!(measures.iter().all(|name| measures.iter().filter(|other| *other == name).count() == 1));
    }
}
