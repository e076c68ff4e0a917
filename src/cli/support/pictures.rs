//! Picture files of the user's: which there are, and their pixels.

use super::error::CommandError;
use kiln::data::Channels;
use kiln::data::folder::EXTENSIONS;
use kiln::data::picture::{self, Picture};
use kiln::grad::Tensor;
use kiln::nn::{Images, PixelRange, TensorOptions};
use kiln::train::TrainError;
use std::path::{Path, PathBuf};

/// The picture files that a path names: itself, or those in the folder, in the order of their names.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, CommandError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let read = |reason| TrainError::Read { path: path.to_owned(), reason };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(read)? {
        let file = entry.map_err(read)?.path();
        let end = file.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default();
        if file.is_file() && EXTENSIONS.contains(&end.as_str()) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(CommandError::other(format!(
            "there are no pictures in {}; name a folder with files that end in {}",
            path.display(),
            EXTENSIONS.join(", ")
        )));
    }
    Ok(files)
}

/// A picture in the channels that a model takes.
pub fn read(file: &Path, channels: usize) -> Result<Picture, CommandError> {
    let channels = Channels::try_from(channels)?;
    Ok(picture::read(file)?.with_channels(channels))
}

/// A picture as a batch of one, `[1, c, h, w]`, whose sides are multiples of `multiple`: rows and columns at the edges
/// are repeated below and to the right.
pub fn images(picture: &Picture, multiple: usize, options: &TensorOptions) -> Images {
    let (c, h, w) = (picture.channels().count(), picture.height(), picture.width());
    let [height, width] = [h, w].map(|side| side.next_multiple_of(multiple));
    let mut values = Vec::with_capacity(c * height * width);
    for plane in picture.pixels().chunks_exact(h * w) {
        for y in 0..height {
            let line = &plane[y.min(h - 1) * w..][..w];
            values.extend((0..width).map(|x| f32::from(line[x.min(w - 1)]) / 255.0));
        }
    }
    let tensor = Tensor::from_slice(&values, [1, c, height, width], &options.device);
    Images::new(tensor.to_dtype(options.dtype), PixelRange::Unit)
}
