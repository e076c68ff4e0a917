//! Generative image models: the networks and what one training step of them does, one folder a family.
//!
//! A [`Recipe`] is a TOML file with everything a run needs; its `[model]` table is a [`ModelConfig`],
//! which builds a [`Training`](kiln_nn::Training).

mod config;
pub mod gan;
pub mod vae;

pub use config::{ModelConfig, ModelError};

/// A named set of settings that trains a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Its settings as TOML: those of the run, and the table `[model]`.
    pub text: &'static str,
}

/// The recipes that come with kiln.
pub const RECIPES: &[Recipe] = &[
    Recipe { name: "vae", text: include_str!("../recipes/vae.toml") },
    Recipe { name: "vae-conv", text: include_str!("../recipes/vae-conv.toml") },
    Recipe { name: "gan", text: include_str!("../recipes/gan.toml") },
    Recipe { name: "dcgan", text: include_str!("../recipes/dcgan.toml") },
    Recipe { name: "dcgan-32", text: include_str!("../recipes/dcgan-32.toml") },
    Recipe { name: "dcgan-64", text: include_str!("../recipes/dcgan-64.toml") },
];
