//! Generative adversarial networks (Goodfellow et al., 2014).

mod dcgan;
mod mlp;
mod training;

pub use dcgan::{DcganConfig, DcganNet, discriminator as dcgan_discriminator, generator as dcgan_generator};
pub use mlp::{GanConfig, discriminator as mlp_discriminator, generator as mlp_generator};
pub use training::GanTraining;
