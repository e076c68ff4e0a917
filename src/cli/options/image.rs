//! The size and channels that images are read with.

use super::number::whole;
use clap::Args;
use kiln::data::CacheSize;

/// The size, shape and channels that images are read with.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub struct ImageArgs {
    /// Height and width of the images [default: the size of the data; 64 for image files of several sizes]
    #[arg(long, value_name = "PIXELS", value_parser = whole::<1, 4096>)]
    pub image_size: Option<u64>,
    /// Way to make an image square that is not: fit adds bars, crop takes the middle [default: fit]
    #[arg(long, value_name = "HOW", value_parser = ["fit", "crop"], hide_possible_values = true)]
    pub resize: Option<String>,
    /// Number of channels: 1 for grey, 3 for RGB, 4 for RGB and opacity [default: as the data has them]
    #[arg(long, value_name = "N", value_parser = whole::<1, 4>)]
    pub channels: Option<u64>,
    /// Colour behind transparent pixels and around images: black, white or #rrggbb [default: black]
    #[arg(long, value_name = "COLOUR")]
    pub background: Option<String>,
    /// Leave out image files that can't be decoded: each is decoded once at the start
    #[arg(long)]
    pub skip_broken: bool,
    /// Memory that decoded image files may take, such as 4GiB [default: KILN_CACHE, or 1GiB]
    #[arg(long, value_name = "SIZE")]
    pub cache: Option<CacheSize>,
}
