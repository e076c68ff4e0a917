//! Restoration of images by learning from pairs that are made on the way: clean images, and the same degraded.

mod degradation;
mod settings;
mod training;

pub use degradation::Noise;
pub use training::{RestoreLoss, RestoreTraining};

use crate::family::{Family, OptionalSetting};
use crate::files;

/// The family.
pub const FAMILY: Family = Family {
    name: "restore",
    about: "a network learns to undo what was done to images",
    recipes: files::RESTORE,
    optional: &[
        OptionalSetting::new("model.loss", "\"mse\"", "distance from the clean image: mse or l1"),
        OptionalSetting::new(
            "model.patch",
            "",
            "side of the square part that a step looks at [default: the whole image]",
        ),
    ],
    smallest: &[
        ("batch_size", "4"),
        ("model.patch", "12"),
        ("model.network.depth", "3"),
        ("model.network.width", "2"),
    ],
    without_gradient: &[],
    read: settings::read,
};
