//! Generative adversarial networks (Goodfellow et al., 2014): a generator and a discriminator that train against each
//! other. Losses, bodies, norms, penalties and conditioning compose.

mod settings;
mod training;

pub use training::{AdversarialTraining, Networks, Penalty, Rules};

use crate::family::{Family, OptionalSetting};
use crate::files;

/// The family.
pub const FAMILY: Family = Family {
    name: "adversarial",
    about: "a generator and a discriminator train against each other",
    recipes: files::ADVERSARIAL,
    optional: &[
        OptionalSetting::new(
            "model.average",
            "0.0",
            "decay of the generator's running average, which makes the samples",
        ),
        OptionalSetting::new("model.critic_steps", "1", "steps of the critic for each of the generator"),
        OptionalSetting::new(
            "model.clip_weights",
            "",
            "bound on the critic's weights, which bounds its slope",
        ),
        OptionalSetting::new("model.generator.width", "", "body dcgan: channels next to the image"),
        OptionalSetting::new(
            "model.generator.condition",
            "",
            "embedding: a learned vector of the class behind the noise",
        ),
        OptionalSetting::new("model.discriminator.width", "", "body dcgan: channels next to the image"),
        OptionalSetting::new("model.discriminator.norm", "\"none\"", "body dcgan: none, batch or instance"),
        OptionalSetting::new(
            "model.discriminator.condition",
            "",
            "projection: a learned vector of the class in the logit",
        ),
        OptionalSetting::new("model.penalty.kind", "", "penalty on the critic's slope: gradient or r1"),
        OptionalSetting::new("model.penalty.weight", "", "factor of the penalty in the critic's loss"),
        OptionalSetting::new("model.penalty.every", "1", "interval of the penalty, in steps of the critic"),
    ],
    smallest: &[
        ("batch_size", "4"),
        ("model.latent", "4"),
        ("model.generator.width", "2"),
        ("model.discriminator.width", "2"),
    ],
    without_gradient: &[
        ("main.6.bias", "a difference of means doesn't depend on the critic's last bias"),
        ("main.4.bias", "nor on the one before, while all activations are on one side of their kinks"),
    ],
    read: settings::read,
};
