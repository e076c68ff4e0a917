//! Image files that are decoded when they are needed.

use std::sync::Arc;

use super::checksums::Checksums;
use super::{CacheBudget, PixelCache, PixelSource};
use crate::picture::{self, PictureError, Sizing};
use crate::tree::FileTree;
use crate::{Background, Channels, DataError, ResizePolicy};

/// The names of many files, one after the other in one text: a path takes its length and 8 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileNames {
    text: String,
    ends: Vec<usize>,
}

impl FileNames {
    /// Adds a path from the folder on.
    pub fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    /// Number of names.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The name of a number.
    pub fn get(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[at]]
    }

    /// All names in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator {
        (0..self.len()).map(|at| self.get(at))
    }

    /// Gives back memory that is held for more names.
    pub fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

impl<'a> FromIterator<&'a str> for FileNames {
    fn from_iter<I: IntoIterator<Item = &'a str>>(all: I) -> Self {
        let mut names = FileNames::default();
        all.into_iter().for_each(|name| names.push(name));
        names.shrink();
        names
    }
}

/// The way from the bytes of a file to pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decoding {
    /// The channels of the pixels.
    pub channels: Channels,
    /// Their `[height, width]`.
    pub size: [usize; 2],
    /// The size of all images before, if they have one.
    pub uniform: Option<[usize; 2]>,
    /// How another size becomes this one.
    pub resize: ResizePolicy,
    /// Colour behind transparent pixels and around the image.
    pub background: Background,
    /// Whether a file holds two images side by side.
    pub halves: bool,
}

impl Decoding {
    /// Bytes of what is made of a file.
    pub fn len(&self) -> usize {
        self.channels.count() * self.size[0] * self.size[1] * (1 + usize::from(self.halves))
    }

    /// Adds the pixels of a file to `row`.
    pub fn decode(&self, bytes: &[u8], row: &mut Vec<u8>) -> Result<(), PictureError> {
        let picture = picture::decode_as(bytes, self.channels, self.background)?;
        let pictures = if self.halves {
            picture.halves().ok_or(PictureError::OddWidth { width: picture.width() })?.to_vec()
        } else {
            vec![picture]
        };
        for picture in pictures {
            let from = [picture.height(), picture.width()];
            if from == self.size {
                row.extend_from_slice(picture.pixels());
                continue;
            }
            let sizing = if self.uniform == Some(from) { Sizing::of_uniform } else { Sizing::new };
            let sizing = sizing(from, self.size, self.resize);
            row.extend_from_slice(picture.sized(&sizing, self.size, self.background).pixels());
        }
        Ok(())
    }
}

/// Files whose pixels are decoded when a row is asked for, and kept as far as the cache has room. A row is made of
/// one file, or of as many that follow each other. A file that is read again must be what it was.
#[derive(Debug)]
pub(crate) struct ImageFiles {
    tree: FileTree,
    names: FileNames,
    per_row: usize,
    decoding: Decoding,
    /// The checksum of the index: names, lengths, and sizes by their headers.
    index_checksum: u32,
    checksums: Checksums,
    cache: PixelCache,
}

impl ImageFiles {
    /// Files in a folder, `per_row` to a row; what is left over is in no row.
    pub fn new(
        tree: FileTree,
        names: FileNames,
        per_row: usize,
        decoding: Decoding,
        index_checksum: u32,
        budget: &Arc<CacheBudget>,
    ) -> ImageFiles {
        let rows = names.len() / per_row;
        let cache = PixelCache::new(rows, per_row * decoding.len(), budget.clone());
        let checksums = Checksums::new(names.len());
        ImageFiles { tree, names, per_row, decoding, index_checksum, checksums, cache }
    }

    /// Notes that the files of a row were made use of.
    pub fn mark(&self, row: usize) {
        (row * self.per_row..(row + 1) * self.per_row).for_each(|file| self.checksums.mark(file));
    }

    /// Checksums of the contents, as far as they are known.
    pub fn checksums(&self) -> &Checksums {
        &self.checksums
    }

    /// Drops what is kept of decoded pixels.
    pub fn forget(&self) {
        self.cache.clear();
    }

    fn decode(&self, row: usize) -> Result<Vec<u8>, DataError> {
        let mut pixels = Vec::with_capacity(self.per_row * self.decoding.len());
        for file in row * self.per_row..(row + 1) * self.per_row {
            let name = self.names.get(file);
            let path = || self.tree.path_of(name);
            let bytes = picture::content(&self.tree, name)?;
            if !self.checksums.agree(file, &bytes) {
                return Err(DataError::Changed { path: path() });
            }
            self.decoding.decode(&bytes, &mut pixels).map_err(|problem| picture::refuse(&path(), problem))?;
        }
        Ok(pixels)
    }
}

impl PixelSource for ImageFiles {
    fn rows(&self) -> usize {
        self.names.len() / self.per_row
    }

    fn with_row(&self, row: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), DataError> {
        if self.cache.with(row, take) {
            return Ok(());
        }
        let pixels = self.decode(row)?;
        self.cache.insert(row, &pixels);
        take(&pixels);
        Ok(())
    }

    fn digest(&self, checksum: &mut crc32fast::Hasher) {
        checksum.update(&self.index_checksum.to_le_bytes());
        checksum.update(format!("{:?}", self.decoding).as_bytes());
    }

    fn files(&self) -> Option<&ImageFiles> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_number() {
        let names: FileNames = ["cat/1.png", "", "dog/größer.png"].into_iter().collect();
        assert_eq!(names.iter().collect::<Vec<_>>(), ["cat/1.png", "", "dog/größer.png"]);
        assert_eq!((names.len(), names.get(2)), (3, "dog/größer.png"));
    }
}
