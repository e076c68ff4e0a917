//! Many image files as the images of one data set.

use std::path::Path;

use rayon::prelude::*;

use super::{Listing, SIZE};
use crate::picture::{self, Picture, PictureError};
use crate::{Channels, DataError, Dataset, LoadOptions};

/// Files decoded before the results are put together, so that an error is found soon and, of several, is
/// always the first.
const TOGETHER: usize = 256;

/// Square images of one size, grey as long as all of them are.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    channels: Channels,
    size: usize,
    len: usize,
    /// N×C×H×W.
    pixels: Vec<u8>,
}

impl Stack {
    /// The images of a listing, in its order, decoded in parallel. Only those in the making are in memory
    /// at their own size.
    pub fn read(listing: &Listing, options: &LoadOptions) -> Result<Stack, DataError> {
        let [stack] = Stack::read_each(listing, options, |picture| Ok([picture]))?;
        Ok(stack)
    }

    /// As [`read`](Stack::read), for files that hold two images side by side: those on the left, and
    /// those on the right.
    pub fn read_halves(listing: &Listing, options: &LoadOptions) -> Result<[Stack; 2], DataError> {
        Stack::read_each(listing, options, |picture| {
            picture.halves().ok_or(PictureError::OddWidth { width: picture.width() })
        })
    }

    fn read_each<const N: usize>(
        listing: &Listing,
        options: &LoadOptions,
        take: impl Fn(Picture) -> Result<[Picture; N], PictureError> + Sync,
    ) -> Result<[Stack; N], DataError> {
        let size = options.size_or(SIZE)?;
        let channels = options.channels.unwrap_or(Channels::Rgb).count();
        let name = crate::file::name_of(&listing.folder);
        DataError::check_bytes(&name, listing.files.len(), [channels, size, size])?;
        let read = |file: &Path| -> Result<[Picture; N], DataError> {
            let path = listing.folder.join(file);
            let pictures = take(picture::read(&path)?);
            let pictures = pictures.map_err(|problem| DataError::Picture { path, problem })?;
            Ok(pictures.map(|picture| {
                let picture = match options.channels {
                    Some(channels) => picture.with_channels(channels),
                    None => picture,
                };
                picture.square(size, options.resize)
            }))
        };
        let empty = Stack { channels: Channels::Grey, size, len: 0, pixels: Vec::new() };
        let mut stacks = [(); N].map(|()| empty.clone());
        for files in listing.files.chunks(TOGETHER) {
            let pictures: Vec<_> = files.par_iter().map(|file| read(file)).collect();
            for pictures in pictures {
                for (stack, picture) in stacks.iter_mut().zip(pictures?) {
                    stack.push(picture, listing.files.len());
                }
            }
        }
        Ok(stacks)
    }

    /// Adds an image to what will be `total` images.
    fn push(&mut self, picture: Picture, total: usize) {
        if picture.channels() == Channels::Rgb {
            self.make_rgb();
        }
        let picture = picture.with_channels(self.channels);
        if self.len == 0 {
            self.pixels.reserve_exact(total * picture.pixels().len());
        }
        self.pixels.extend_from_slice(picture.pixels());
        self.len += 1;
    }

    /// Makes all images RGB.
    fn make_rgb(&mut self) {
        if self.channels == Channels::Grey {
            let mut pixels = Vec::with_capacity(3 * self.pixels.capacity());
            for image in self.pixels.chunks_exact(self.size * self.size) {
                (0..3).for_each(|_| pixels.extend_from_slice(image));
            }
            (self.channels, self.pixels) = (Channels::Rgb, pixels);
        }
    }

    /// The images as a data set.
    pub fn into_dataset(self, name: impl Into<String>) -> Result<Dataset, DataError> {
        Dataset::new(name, [self.channels.count(), self.size, self.size], self.pixels)
    }
}

/// Gives the parts of one data set the same channels: grey where all of them are.
pub(crate) fn same_channels(train: &mut Stack, test: Option<&mut Stack>) {
    let Some(test) = test else { return };
    if train.channels != test.channels {
        train.make_rgb();
        test.make_rgb();
    }
}
