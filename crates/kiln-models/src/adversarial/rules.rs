//! What an adversarial training minimises, how often, and how it is regularised.

use super::augment::AugmentRules;
use kiln_nn::StepCtx;
use kiln_nn::loss::GanLoss;
use serde::Deserialize;

/// What is minimised, how often, and how it is regularised.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Length of a latent point.
    pub latent: usize,
    /// What the two minimise.
    pub loss: GanLoss,
    /// What the targets of real images are below 1, in `[0, 1)` (Salimans et al., 2016). For losses that
    /// [have targets](GanLoss::has_targets).
    pub label_smoothing: f64,
    /// Decay of the generator's running average, in `[0, 1)`.
    pub average_decay: f64,
    /// Number of the discriminator's steps for each of the generator.
    pub critic_steps: u64,
    /// Bound on the absolute values of the discriminator's weights, after each of its steps (Arjovsky et al., 2017).
    pub clip_weights: Option<f64>,
    /// Regulariser of the discriminator's slope.
    pub penalty: Option<Penalty>,
    /// Number of samples that the discriminator looks at together, as channels of one (PacGAN: Lin et al., 2018).
    pub pack: usize,
    /// Changes of all images that the discriminator sees.
    pub augment: Option<AugmentRules>,
    /// What the discriminator's auxiliary head finds, where it has one.
    pub auxiliary: Option<Auxiliary>,
    /// How the images grow, where they do.
    pub growth: Option<Growth>,
}

impl Rules {
    /// These two, and everything else as plain as it goes.
    pub fn new(latent: usize, loss: GanLoss) -> Self {
        Rules {
            latent,
            loss,
            label_smoothing: 0.0,
            average_decay: 0.0,
            critic_steps: 1,
            clip_weights: None,
            penalty: None,
            pack: 1,
            augment: None,
            auxiliary: None,
            growth: None,
        }
    }
}

/// A regulariser of the discriminator's slope, added to its loss in every `every`-th step, and then `every` times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Penalty {
    /// Which.
    pub kind: PenaltyKind,
    /// Factor of the gradient penalty, 10 in the paper; of the others γ, of which half is the factor.
    pub weight: f64,
    /// Factor that it falls to, and number of steps until it is there, by half a cosine.
    pub falls_to: Option<(f64, u64)>,
    /// Interval in steps of the discriminator.
    pub every: u64,
}

/// A regulariser of the discriminator's slope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PenaltyKind {
    /// The [`gradient_penalty`](kiln_nn::loss::gradient_penalty), between real and made images (Gulrajani et al., 2017).
    Gradient,
    /// The [`r1_penalty`](kiln_nn::loss::r1_penalty), at real images (Mescheder et al., 2018).
    R1,
    /// The same at made images.
    R2,
    /// Both (Huang et al., 2024).
    #[serde(rename = "r1-r2")]
    R1R2,
}

impl Penalty {
    /// The same in every step.
    pub fn new(kind: PenaltyKind, weight: f64) -> Self {
        Penalty { kind, weight, falls_to: None, every: 1 }
    }

    /// The factor of the term in a step.
    pub fn factor(self, cx: &StepCtx) -> f64 {
        let weight = match self.falls_to {
            None => self.weight,
            Some((last, steps)) => {
                let way = (cx.step as f64 / steps as f64).min(1.0);
                last + (self.weight - last) * (0.5 + 0.5 * (std::f64::consts::PI * way).cos())
            }
        };
        if self.kind == PenaltyKind::Gradient { weight } else { weight / 2.0 }
    }
}

/// How images grow from level to level (Karras et al., 2018).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Number of steps at a level before the next begins to fade in.
    pub stable_steps: u64,
    /// Number of steps over which a level fades in.
    pub fade_steps: u64,
}

impl Growth {
    /// The level of a step: a whole number while it is stable, between two while one fades in.
    pub fn level(self, step: u64) -> f64 {
        let period = self.stable_steps + self.fade_steps;
        let within = step % period;
        let faded = within.saturating_sub(self.stable_steps) as f64 / self.fade_steps as f64;
        (step / period) as f64 + faded
    }
}

/// What a discriminator's auxiliary head finds in images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Auxiliary {
    /// Their class, of real and of made ones (ACGAN: Odena et al., 2017).
    Classes {
        /// Factor of the cross-entropy in both networks' losses.
        weight: f64,
    },
    /// The code that made ones were made of (InfoGAN: Chen et al., 2016): a category, and the last numbers of the noise.
    Code {
        /// Number of categories, which the generator is told as classes.
        categories: usize,
        /// How many numbers of the noise are to be found.
        continuous: usize,
        /// Factor of the negative log-likelihood in both networks' losses.
        weight: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_stable_and_then_the_next_fades_in() {
        let growth = Growth { stable_steps: 2, fade_steps: 4 };
        let levels: Vec<f64> = (0..9).map(|step| growth.level(step)).collect();
        assert_eq!(levels, [0.0, 0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
        assert_eq!(Growth { stable_steps: 0, fade_steps: 1 }.level(3), 3.0);
    }

    #[test]
    fn a_factor_falls_by_half_a_cosine() {
        let penalty = Penalty { falls_to: Some((0.2, 100)), ..Penalty::new(PenaltyKind::R1, 1.0) };
        for (step, want) in [(0, 0.5), (50, 0.3), (100, 0.1), (5000, 0.1)] {
            let factor = penalty.factor(&StepCtx::new(0, step));
            assert!((factor - want).abs() < 1e-12, "{step}: {factor}");
        }
        assert_eq!(Penalty::new(PenaltyKind::Gradient, 10.0).factor(&StepCtx::new(0, 3)), 10.0);
    }
}
