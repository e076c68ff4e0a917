//! The size and channels that images are read with.

use super::number::whole;
use clap::Args;

/// The size, shape and channels that images are read with.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub struct ImageArgs {
    /// Height and width of the images [default: the size of the data; 64 for image files]
    #[arg(long, value_name = "PIXELS", value_parser = whole::<1, 4096>)]
    pub image_size: Option<u64>,
    /// Way to make an image square that is not: fit adds black bars, crop takes the middle [default: fit]
    #[arg(long, value_name = "HOW", value_parser = ["fit", "crop"], hide_possible_values = true)]
    pub resize: Option<String>,
    /// Number of channels: 1 for grey, 3 for RGB [default: as the data has them]
    #[arg(long, value_name = "N", value_parser = whole::<1, 3>)]
    pub channels: Option<u64>,
}
