//! Which way figures get better.

use kiln_nn::Better;

/// Figures that are better one way, whatever the model, by name. Those in [`MEASURES`](crate::MEASURES) and the goals of
/// models are among them.
const FIGURES: &[(&str, Better)] = &[
    ("neg_elbo", Better::Less),
    ("loss", Better::Less),
    ("error", Better::Less),
    ("mse", Better::Less),
    ("fid", Better::Less),
    ("kid", Better::Less),
    ("lpips", Better::Less),
    ("accuracy", Better::More),
    ("psnr", Better::More),
    ("ssim", Better::More),
    ("digits", Better::More),
    ("digits_least", Better::More),
    ("asked", Better::More),
    ("asked_least", Better::More),
    ("asked_sure", Better::More),
];

/// The better of two values of a figure of this name; `None` where neither way is better by itself, as for one term of a
/// sum, or the name isn't known.
pub fn better(figure: &str) -> Option<Better> {
    FIGURES.iter().find(|(name, _)| *name == figure).map(|(_, better)| *better)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_better_when_more_and_errors_when_less() {
        for (figure, way) in [
            ("psnr", Some(Better::More)),
            ("digits", Some(Better::More)),
            ("neg_elbo", Some(Better::Less)),
            ("kl", None),
            ("psnr_degraded", None),
        ] {
            assert_eq!(better(figure), way, "{figure}");
        }
    }
}
