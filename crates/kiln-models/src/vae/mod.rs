//! Variational autoencoders (Kingma and Welling, 2013).

mod conv;
mod mlp;
mod training;

pub use conv::{VaeConvConfig, VaeConvNet};
pub use mlp::{VaeConfig, VaeMlpNet};
pub use training::{VaeNet, VaeTraining};

pub(crate) use conv::image_shape as conv_image_shape;
