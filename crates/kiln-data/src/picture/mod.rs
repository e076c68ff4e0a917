//! One image from a file: decoded, in the channels that are wanted, brought to a size.
//!
//! What a file stores is brought to 8 bits a channel. Transparency is kept where opacity is wanted as a channel,
//! and else composited over the [`Background`], black by default: that is also what
//! [`Fit`](ResizePolicy::Fit) puts around an image, so transparent pixels and those outside of an image are
//! alike. Colour profiles are not applied.

mod colour;
mod decode;
mod header;
mod jpeg;
mod png;
mod sizing;

use std::io::ErrorKind;
use std::path::Path;

pub(crate) use colour::convert;
pub use decode::{MAX_FILE_BYTES, MAX_PIXELS, MAX_SCANS, MAX_SIDE, PictureError, decode, decode_as};
pub(crate) use header::Header;
pub(crate) use sizing::Sizing;

use crate::tree::FileTree;
use crate::{Background, Channels, DataError, ResizePolicy, file};

/// An image in memory, 8 bits a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    channels: Channels,
    height: usize,
    width: usize,
    /// C×H×W.
    pixels: Vec<u8>,
}

impl Picture {
    /// The channels.
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// Rows, at least 1.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns, at least 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from 0 to 255, C×H×W: all of one channel before the next.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The same in other channels; see [`Channels`] for how.
    #[must_use]
    pub fn with_channels(self, channels: Channels) -> Picture {
        let pixels = colour::convert(self.pixels, self.channels.count(), channels);
        Picture { pixels, channels, ..self }
    }

    /// The same at another `[height, width]`, over a background where it doesn't fill it.
    ///
    /// # Panics
    /// When a side is 0.
    #[must_use]
    #[track_caller]
    pub fn resized(&self, size: [usize; 2], policy: ResizePolicy, background: Background) -> Picture {
        assert!(
            size[0] > 0 && size[1] > 0,
            "resized: a picture has at least one pixel, and this is {size:?}"
        );
        self.sized(&Sizing::new([self.height, self.width], size, policy), size, background)
    }

    /// The same at another `[height, width]`, by a way that leads there.
    pub(crate) fn sized(&self, sizing: &Sizing, size: [usize; 2], background: Background) -> Picture {
        let area = size[0] * size[1];
        let mut pixels = Vec::with_capacity(self.channels.count() * area);
        for value in background.planes(self.channels) {
            pixels.resize(pixels.len() + area, value);
        }
        let planes = self.pixels.chunks_exact(self.height * self.width);
        for (old, new) in planes.zip(pixels.chunks_exact_mut(area)) {
            sizing.apply(old, new);
        }
        Picture { channels: self.channels, height: size[0], width: size[1], pixels }
    }

    /// The left and the right half; `None` where the width is odd.
    pub fn halves(&self) -> Option<[Picture; 2]> {
        if !self.width.is_multiple_of(2) {
            return None;
        }
        let width = self.width / 2;
        let half = |right: usize| {
            let halves = self.pixels.chunks_exact(width).skip(right).step_by(2);
            Picture { pixels: halves.flatten().copied().collect(), width, ..*self }
        };
        Some([half(0), half(1)])
    }
}

/// Reads an image file, whatever its name; see [`decode`].
///
/// # Errors
/// When the file is unreadable, or [`decode`] refuses its content.
pub fn read(path: &Path) -> Result<Picture, DataError> {
    let bytes = file::content(path, MAX_FILE_BYTES)?.ok_or_else(|| refuse(path, PictureError::FileSize))?;
    decode(&bytes).map_err(|problem| refuse(path, problem))
}

/// The bytes of an image file.
pub(crate) fn content(tree: &FileTree, name: &str) -> Result<Vec<u8>, DataError> {
    let refuse = |problem| refuse(&tree.path_of(name), problem);
    match tree.content(name, MAX_FILE_BYTES) {
        Err(DataError::Read { reason, .. }) if is_damage(&reason) => {
            Err(refuse(PictureError::Packed(reason)))
        }
        content => content?.ok_or_else(|| refuse(PictureError::FileSize)),
    }
}

/// Whether a failure to read is about the bytes themselves, as of a file in an archive.
fn is_damage(reason: &std::io::Error) -> bool {
    matches!(reason.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof)
}

/// The error of an image file.
pub(crate) fn refuse(path: &Path, problem: PictureError) -> DataError {
    DataError::Picture { path: path.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_left_and_right_in_every_channel() {
        let picture = Picture { channels: Channels::Rgb, height: 2, width: 4, pixels: (0..24).collect() };
        let [left, right] = picture.halves().unwrap();
        assert_eq!(left.pixels, [0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21]);
        assert_eq!(right.pixels, [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23]);
        assert_eq!((left.width, right.height), (2, 2));
        assert_eq!(Picture { width: 3, height: 1, pixels: vec![0; 9], ..picture }.halves(), None);
    }
}
