//! Variational autoencoders (Kingma and Welling, 2013): an encoder to a distribution over codes, and a decoder.

mod flow;
mod levels;
mod posterior;
mod rules;
mod settings;
mod show;
mod training;

pub use flow::Flow;
pub use levels::Levels;
pub use posterior::{Draw, Posterior};
pub use rules::{Capacity, Rules};
pub use training::{VariationalNetworks, VariationalTraining};

use crate::family::{Family, OptionalSetting};
use crate::files;

/// The family.
pub const FAMILY: Family = Family {
    name: "variational",
    about: "an encoder to a distribution over codes, and a decoder, under one bound on the likelihood",
    recipes: files::VARIATIONAL,
    optional: &[
        OptionalSetting::new(
            "model.network.width",
            "",
            "bodies conv and burgess: channels of the first convolution",
        ),
        OptionalSetting::new("model.network.depth", "1", "body mlp: hidden layers each way"),
        OptionalSetting::new("model.network.activation", "\"relu\"", "body mlp: relu or tanh"),
        OptionalSetting::new("model.kl_weight", "1.0", "weight of the KL term; more than 1 for a β-VAE"),
        OptionalSetting::new("model.kl_warmup", "", "number of steps over which the KL term's weight rises"),
        OptionalSetting::new(
            "model.draws",
            "1",
            "codes drawn of each image; from 2 on the importance-weighted bound",
        ),
        OptionalSetting::new(
            "model.condition",
            "",
            "\"one-hot\" to tell both networks the class; none if left out",
        ),
        OptionalSetting::new(
            "model.total_correlation",
            "",
            "weight of the codes' total correlation, on top of that in the KL term",
        ),
        OptionalSetting::new(
            "model.mmd",
            "",
            "weight of the discrepancy between codes and prior; with kl_weight 0 a Wasserstein autoencoder",
        ),
        OptionalSetting::new(
            "model.likelihood.kind",
            "\"bernoulli\"",
            "distribution of pixels: bernoulli, gaussian, discretised-logistic or logistic-mixture",
        ),
        OptionalSetting::new(
            "model.likelihood.components",
            "5",
            "kind logistic-mixture: number of components",
        ),
        OptionalSetting::new("model.flow.steps", "", "steps of an inverse autoregressive flow of the codes"),
        OptionalSetting::new("model.flow.hidden", "", "hidden units of each step of the flow"),
        OptionalSetting::new("model.levels.above", "", "latents of a second level above the first"),
        OptionalSetting::new("model.levels.hidden", "", "width of the hidden layers between the levels"),
        OptionalSetting::new("model.capacity.nats", "", "divergence that the KL term is held at in the end"),
        OptionalSetting::new("model.capacity.steps", "", "number of steps over which it rises to that"),
    ],
    smallest: &[
        ("batch_size", "4"),
        ("image_size", "32"),
        ("model.latent", "4"),
        ("model.draws", "3"),
        ("model.network.hidden", "8"),
        ("model.network.width", "2"),
        ("model.flow.hidden", "6"),
        ("model.levels.above", "3"),
        ("model.levels.hidden", "6"),
        ("model.capacity.steps", "8"),
        ("model.kl_warmup", "8"),
    ],
    without_gradient: &[],
    read: settings::read,
};
