//! Variational autoencoders (Kingma and Welling, 2013): an encoder to a distribution over codes, and a decoder.

mod settings;
mod training;

pub use training::{VariationalLoss, VariationalTraining};

use crate::family::{Family, OptionalSetting};
use crate::files;

/// The family.
pub const FAMILY: Family = Family {
    name: "variational",
    about: "an encoder to a distribution over codes, and a decoder, under one bound on the likelihood",
    recipes: files::VARIATIONAL,
    optional: &[OptionalSetting::new(
        "model.network.width",
        "",
        "body conv: channels of the first convolution",
    )],
    smallest: &[
        ("batch_size", "4"),
        ("model.latent", "4"),
        ("model.network.hidden", "8"),
        ("model.network.width", "2"),
    ],
    without_gradient: &[],
    read: settings::read,
};
