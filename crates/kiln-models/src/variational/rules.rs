//! What a training goes by, besides its networks.

use kiln_nn::{Likelihood, StepCtx};

/// What is minimised: `−E ln p(x|z) + w·|KL − C| + …`, or a bound of many draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// The distribution of images that the decoder speaks of.
    pub likelihood: Likelihood,
    /// Number of latents that the decoder takes.
    pub latent: usize,
    /// Weight of the KL term, β.
    pub kl_weight: f64,
    /// Number of steps over which the weight rises to that; 0 for none.
    pub kl_warmup: u64,
    /// Number of codes drawn of each image; the bound of Burda et al. (2016) from 2 on.
    pub draws: usize,
    /// What the KL term is held at, if at anything but 0.
    pub capacity: Option<Capacity>,
    /// Weight of the total correlation (Chen et al., 2018), on top of that in the KL term.
    pub total_correlation: f64,
    /// Weight of the distance of codes from the prior (Tolstikhin et al., 2018).
    pub mmd: f64,
    /// Number of classes that both networks are told; 0 for none.
    pub classes: usize,
}

/// A divergence that the KL term is held at, which grows from 0 (Burgess et al., 2018).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capacity {
    /// In the end, in nats.
    pub nats: f64,
    /// Number of steps to there.
    pub steps: u64,
}

impl Rules {
    /// A VAE of one logit a value.
    pub fn new(latent: usize) -> Self {
        Rules {
            likelihood: Likelihood::Bernoulli,
            latent,
            kl_weight: 1.0,
            kl_warmup: 0,
            draws: 1,
            capacity: None,
            total_correlation: 0.0,
            mmd: 0.0,
            classes: 0,
        }
    }

    /// Weight of the KL term in a step.
    pub(super) fn kl_weight_at(&self, cx: &StepCtx) -> f64 {
        self.kl_weight * risen(cx.step, self.kl_warmup)
    }

    /// What the KL term is held at in a step.
    pub(super) fn capacity_at(&self, cx: &StepCtx) -> Option<f64> {
        self.capacity.map(|capacity| capacity.nats * risen(cx.step, capacity.steps))
    }

    /// Whether what is minimised is the negative bound itself.
    pub(super) fn is_plain(&self) -> bool {
        let plain = self.kl_weight == 1.0 && self.kl_warmup == 0 && self.capacity.is_none();
        plain && self.total_correlation == 0.0 && self.mmd == 0.0
    }
}

/// Share of a rise over so many steps that is there in a step.
fn risen(step: u64, steps: u64) -> f64 {
    if steps == 0 { 1.0 } else { ((step + 1) as f64 / steps as f64).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_and_capacities_rise_and_stay() {
        let capacity = Some(Capacity { nats: 25.0, steps: 100 });
        let rules = Rules { kl_weight: 4.0, kl_warmup: 10, capacity, ..Rules::new(10) };
        let at =
            |step| (rules.kl_weight_at(&StepCtx::new(0, step)), rules.capacity_at(&StepCtx::new(0, step)));
        assert_eq!(
            [0, 4, 9, 99, 500].map(at),
            [(0.4, Some(0.25)), (2.0, Some(1.25)), (4.0, Some(2.5)), (4.0, Some(25.0)), (4.0, Some(25.0))]
        );
        assert_eq!(Rules::new(2).kl_weight_at(&StepCtx::new(0, 0)), 1.0);
    }
}
