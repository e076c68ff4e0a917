//! Grids of images, as picture files.

use super::error::CommandError;
use kiln::nn::{Exhibit, Images};
use kiln::train::{png, write_output};
use std::path::Path;

/// Number of columns that makes a grid of this many images as square as it can be.
pub fn columns(count: usize) -> usize {
    (1..).find(|side| side * side >= count).unwrap_or(1)
}

/// Writes images in rows of `columns` as a PNG.
pub fn write(path: &Path, images: &Images, columns: usize) -> Result<(), CommandError> {
    Ok(write_output(path, &png(&Exhibit::grid(images, columns, "samples"))?)?)
}
