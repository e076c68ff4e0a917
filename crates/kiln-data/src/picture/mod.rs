//! One image from a file: decoded, in grey or RGB, brought to a square.
//!
//! What a file stores is brought to 8 bits a channel. Transparency is composited over black: 0 is what
//! [`Fit`](ResizePolicy::Fit) puts around an image and what a convolution pads with, so transparent pixels
//! and those outside of an image are alike. Colour profiles are not applied.

mod colour;
mod decode;
mod jpeg;
mod png;
mod square;

use std::path::Path;

pub(crate) use colour::convert;
pub use decode::{MAX_FILE_BYTES, MAX_PIXELS, MAX_SCANS, MAX_SIDE, PictureError, decode};
pub(crate) use square::Square;

use crate::{Channels, DataError, ResizePolicy, file};

/// An image in memory, grey or RGB, 8 bits a channel.
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

    /// The same as a square of `side` pixels.
    ///
    /// # Panics
    /// When `side` is 0.
    #[must_use]
    #[track_caller]
    pub fn square(&self, side: usize, policy: ResizePolicy) -> Picture {
        assert!(side > 0, "square: a picture has at least one pixel");
        let square = Square::new([self.height, self.width], side, policy);
        let mut pixels = vec![0; self.channels.count() * side * side];
        let planes = self.pixels.chunks_exact(self.height * self.width);
        for (old, new) in planes.zip(pixels.chunks_exact_mut(side * side)) {
            square.apply(old, new);
        }
        Picture { channels: self.channels, height: side, width: side, pixels }
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

/// Reads an image file: PNG, JPEG or BMP by its content, whatever the name.
///
/// # Errors
/// When the file is unreadable, or [`decode`] refuses its content.
pub fn read(path: &Path) -> Result<Picture, DataError> {
    let refuse = |problem| DataError::Picture { path: path.to_owned(), problem };
    let bytes = file::content(path, MAX_FILE_BYTES)?.ok_or_else(|| refuse(PictureError::FileSize))?;
    decode(&bytes).map_err(refuse)
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
