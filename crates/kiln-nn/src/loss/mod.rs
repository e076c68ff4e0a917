//! Losses, each a tensor of one element unless nothing is reduced. Those of classifiers and discriminators work on logits, so that
//! no logarithm ever meets a rounded 0.

mod bce;
mod cross_entropy;
mod distance;
mod gan;
mod penalty;
mod reduction;
mod vae;

pub use bce::bce_with_logits;
pub use cross_entropy::{CrossEntropy, cross_entropy};
pub use distance::{l1, mse};
pub use gan::GanLoss;
pub use penalty::{gradient_penalty, r1_penalty};
pub use reduction::Reduction;
pub use vae::{
    kl_normal_each, kl_standard_normal, kl_standard_normal_each, mmd, reparameterize, total_correlation,
};
