//! Autoencoders: images to short codes, and back.

use super::settings;
use kiln_models::{Family, Recipe};

pub const FAMILY: Family = Family {
    name: "autoencoder",
    about: "images to short codes, and back",
    recipes: &[Recipe { name: "autoencoder", text: include_str!("recipes/autoencoder.toml") }],
    optional: &[],
    smallest: &[("batch_size", "4"), ("model.width", "4")],
    without_gradient: &[],
    read: settings::read,
};
