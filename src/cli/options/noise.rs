//! The noise that generated images are made of.

use super::number::{MAX_SEED, whole};
use clap::Args;

/// Number of generated images, and the seed of their noise.
#[derive(Debug, Args)]
#[command(next_help_heading = "Images")]
pub struct NoiseArgs {
    /// Number of images, from 1 to 4096
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = whole::<1, 4096>)]
    pub count: u64,
    /// Seed of the noise; the same seed gives the same images
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = whole::<0, MAX_SEED>)]
    pub seed: u64,
}
