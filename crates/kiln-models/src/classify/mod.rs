//! Classification: a network learns the classes of images. What its last hidden layer has is what measures compare images by.

mod settings;
mod training;

pub use training::ClassifyTraining;

use crate::family::{Family, OptionalSetting};
use crate::files;

/// The family.
pub const FAMILY: Family = Family {
    name: "classify",
    about: "a network learns the classes of images; measures compare images by its features",
    recipes: files::CLASSIFY,
    optional: &[OptionalSetting::new(
        "model.label_smoothing",
        "0.0",
        "share of the target that is spread over all classes",
    )],
    smallest: &[("batch_size", "4"), ("model.network.stages", "2"), ("model.network.width", "2")],
    without_gradient: &[],
    read: settings::read,
};
