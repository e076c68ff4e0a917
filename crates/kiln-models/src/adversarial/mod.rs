//! Generative adversarial networks (Goodfellow et al., 2014): a generator and a discriminator that train against each
//! other. Losses, bodies, norms, penalties and conditioning compose.

mod settings;
mod training;

pub use training::{AdversarialTraining, Networks, Penalty, Rules};

use crate::family::Family;
use crate::files;

/// The family.
pub const FAMILY: Family = Family {
    name: "adversarial",
    about: "a generator and a discriminator train against each other",
    recipes: files::ADVERSARIAL,
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
