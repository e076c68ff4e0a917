//! Pictures of many images, as files.

use super::failure::Failure;
use kiln::nn::Images;
use kiln::train::{png, write_atomic};
use std::path::Path;

/// Fails unless the file's name says that it is what will be written.
pub fn check_name(path: &Path, extension: &str) -> Result<(), Failure> {
    if path.extension().is_some_and(|have| have.eq_ignore_ascii_case(extension)) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} is no {}, which is what is written; name it {}",
        path.display(),
        extension.to_uppercase(),
        path.with_extension(extension).display()
    )))
}

/// How many columns make a picture of so many images as square as it can be.
pub fn columns(count: usize) -> usize {
    (1..).find(|side| side * side >= count).unwrap_or(1)
}

/// Writes images in rows of `columns`.
pub fn write(path: &Path, images: &Images, columns: usize) -> Result<(), Failure> {
    Ok(write_atomic(path, &png(images, columns)?)?)
}
