//! Pixels of many samples, wherever they are: in memory, in files that are decoded when they are needed, or drawn.
//!
//! A [`PixelSource`] gives rows of bytes of one length. [`Pixels`] is a view of such rows as images, or
//! sequences of them: some rows, in some order, and of each row a part. `files` decodes image files, `raw` reads those that
//! are not encoded, `cache` keeps what was decoded within a bound, `checksums` notices a file that changed, and `threads` are those that decode.

mod cache;
mod checksums;
mod files;
mod raw;
mod threads;

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;

use crate::DataError;
pub(crate) use cache::{CacheBudget, PixelCache};
pub use checksums::FileChecksums;
pub(crate) use files::{Decoding, FileNames, ImageFiles};
pub(crate) use raw::{RawFile, RawImages};
pub(crate) use threads::in_parallel;

/// Rows of bytes of one length.
pub(crate) trait PixelSource: Send + Sync + fmt::Debug {
    /// Number of rows.
    fn rows(&self) -> usize;

    /// Calls `take` with row number `row`.
    fn with_row(&self, row: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), DataError>;

    /// Adds what tells the rows from others to a checksum, as far as all of them share it.
    fn digest(&self, _checksum: &mut crc32fast::Hasher) {}

    /// Adds what tells a row from others, without much work.
    fn digest_row(&self, row: usize, checksum: &mut crc32fast::Hasher) {
        checksum.update(&(row as u32).to_le_bytes());
    }

    /// Whether a row takes so long that several threads should share the work.
    fn is_slow(&self) -> bool {
        true
    }

    /// The files, if they are files.
    fn files(&self) -> Option<&ImageFiles> {
        None
    }
}

/// Bytes in memory.
struct InMemory {
    bytes: Vec<u8>,
    row_len: usize,
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes.len())
    }
}

impl InMemory {
    fn row(&self, row: usize) -> &[u8] {
        &self.bytes[row * self.row_len..][..self.row_len]
    }
}

impl PixelSource for InMemory {
    fn rows(&self) -> usize {
        self.bytes.len() / self.row_len
    }

    fn with_row(&self, row: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), DataError> {
        take(self.row(row));
        Ok(())
    }

    fn digest_row(&self, row: usize, checksum: &mut crc32fast::Hasher) {
        checksum.update(self.row(row));
    }

    fn is_slow(&self) -> bool {
        false
    }
}

/// Images of one shape, or sequences of them, one each sample.
#[derive(Clone, Debug)]
pub(crate) struct Pixels {
    source: Arc<dyn PixelSource>,
    /// The row of each sample; the row of the same number, if `None`.
    selected: Option<Arc<[u32]>>,
    /// `[frames, channels, height, width]`.
    dims: [usize; 4],
    /// Where the sample begins in its row.
    offset: usize,
}

impl Pixels {
    /// Samples of `[frames, channels, height, width]` from the start of each row.
    pub fn new(source: Arc<dyn PixelSource>, dims: [usize; 4]) -> Pixels {
        Pixels { source, selected: None, dims, offset: 0 }
    }

    /// Bytes that are a whole number of samples.
    pub fn in_memory(bytes: Vec<u8>, dims: [usize; 4]) -> Pixels {
        let row_len = dims.iter().product();
        Pixels::new(Arc::new(InMemory { bytes, row_len }), dims)
    }

    /// The samples that lie behind these in the same rows, of the same size.
    pub fn behind(&self) -> Pixels {
        Pixels { offset: self.offset + self.sample_len(), ..self.clone() }
    }

    /// The samples of `indices`, in that order; none is copied.
    pub fn select(&self, indices: &[u32]) -> Pixels {
        let rows = indices.iter().map(|&index| self.row(index as usize) as u32);
        Pixels { selected: Some(rows.collect()), ..self.clone() }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.selected.as_ref().map_or_else(|| self.source.rows(), |rows| rows.len())
    }

    /// `[frames, channels, height, width]`.
    pub fn dims(&self) -> [usize; 4] {
        self.dims
    }

    /// `[channels, height, width]` of an image, or of a frame.
    pub fn shape(&self) -> [usize; 3] {
        let [_, channels, height, width] = self.dims;
        [channels, height, width]
    }

    /// Bytes of a sample.
    pub fn sample_len(&self) -> usize {
        self.dims.iter().product()
    }

    /// Where they come from.
    pub fn source(&self) -> &Arc<dyn PixelSource> {
        &self.source
    }

    fn row(&self, index: usize) -> usize {
        self.selected.as_ref().map_or(index, |rows| rows[index] as usize)
    }

    fn cut<'a>(&self, row: &'a [u8]) -> &'a [u8] {
        &row[self.offset..][..self.sample_len()]
    }

    /// Calls `take` with the bytes of a sample.
    pub fn with(&self, index: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), DataError> {
        self.source.with_row(self.row(index), &mut |row| take(self.cut(row)))
    }

    /// Reads every row once, so that all that is broken is found and named.
    pub fn read_all(&self) -> Result<(), DataError> {
        let rows = (0..self.source.rows()).collect();
        let read = in_parallel(rows, |row| self.source.with_row(row, &mut |_| {}).err())?;
        DataError::all(self.len(), read.into_iter().flatten().collect())
    }

    /// The bytes of all samples.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DataError> {
        let mut bytes = vec![0; self.len() * self.sample_len()];
        let samples = bytes.par_chunks_exact_mut(self.sample_len()).enumerate();
        let done: Vec<_> = samples
            .map(|(index, sample)| self.with(index, &mut |bytes| sample.copy_from_slice(bytes)))
            .collect();
        DataError::all(self.len(), done.into_iter().filter_map(Result::err).collect())?;
        Ok(bytes)
    }

    /// The bytes of the samples of `indices`, one after the other.
    pub fn gather(&self, indices: &[u32]) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::with_capacity(indices.len() * self.sample_len());
        for &index in indices {
            self.with(index as usize, &mut |sample| bytes.extend_from_slice(sample))?;
        }
        Ok(bytes)
    }

    /// The samples of `indices` in the unit range, one after the other.
    pub fn gather_unit(&self, indices: &[u32]) -> Result<Vec<f32>, DataError> {
        let mut values = vec![0.0; indices.len() * self.sample_len()];
        let samples: Vec<_> = indices.iter().zip(values.chunks_exact_mut(self.sample_len())).collect();
        self.each(samples, |(&index, sample)| {
            self.with(index as usize, &mut |bytes| to_unit(bytes, sample))
        })?;
        Ok(values)
    }

    /// As [`gather_unit`](Pixels::gather_unit), for two views of the same rows: each row is read once.
    pub fn gather_unit_twice(&self, other: &Pixels, indices: &[u32]) -> Result<[Vec<f32>; 2], DataError> {
        let mut values = [self, other].map(|pixels| vec![0.0; indices.len() * pixels.sample_len()]);
        let [first, second] = &mut values;
        let first = first.chunks_exact_mut(self.sample_len());
        let second = second.chunks_exact_mut(other.sample_len());
        let samples: Vec<_> = indices.iter().zip(first.zip(second)).collect();
        self.each(samples, |(&index, (first, second))| {
            self.source.with_row(self.row(index as usize), &mut |row| {
                to_unit(self.cut(row), first);
                to_unit(other.cut(row), second);
            })
        })?;
        Ok(values)
    }

    /// Whether both are views of the same rows, so that a row of one is the row of the other.
    pub fn is_beside(&self, other: &Pixels) -> bool {
        let same_rows = match (&self.selected, &other.selected) {
            (None, None) => true,
            (Some(a), Some(b)) => a == b,
            _ => false,
        };
        same_rows && Arc::ptr_eq(&self.source, &other.source)
    }

    /// Does `work` for each of the items, by several threads where rows are slow; the first error, in their order.
    fn each<T: Send>(
        &self,
        items: Vec<T>,
        work: impl Fn(T) -> Result<(), DataError> + Sync,
    ) -> Result<(), DataError> {
        if self.source.is_slow() {
            in_parallel(items, &work)?.into_iter().collect()
        } else {
            items.into_iter().try_for_each(work)
        }
    }

    /// Adds what tells these pixels from others to a checksum.
    pub fn digest(&self, checksum: &mut crc32fast::Hasher) {
        self.source.digest(checksum);
        (0..self.len()).for_each(|index| self.source.digest_row(self.row(index), checksum));
    }

    /// Notes that a sample was made use of; see [`FileChecksums`].
    pub fn mark(&self, index: usize) {
        if let Some(files) = self.source.files() {
            files.mark(self.row(index));
        }
    }
}

/// Bytes as floats from 0 to 1.
fn to_unit(bytes: &[u8], values: &mut [f32]) {
    // A division, not a product with 1/255, so that 255 gives exactly 1.
    values.iter_mut().zip(bytes).for_each(|(value, &byte)| *value = f32::from(byte) / 255.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels() -> Pixels {
        Pixels::in_memory(vec![0, 255, 51, 102, 1, 2], [1, 1, 1, 2])
    }

    #[test]
    fn samples_are_gathered_in_the_order_of_the_indices() {
        assert_eq!(pixels().gather_unit(&[1, 0, 1]).unwrap(), [0.2, 0.4, 0.0, 1.0, 0.2, 0.4]);
        assert_eq!(pixels().gather(&[2, 0]).unwrap(), [1, 2, 0, 255]);
        let some = pixels().select(&[2, 1]);
        assert_eq!((some.len(), some.to_bytes().unwrap()), (2, vec![1, 2, 51, 102]));
        assert_eq!(some.select(&[1]).to_bytes().unwrap(), [51, 102]);
    }

    #[test]
    fn views_of_the_same_rows_are_read_together() {
        let rows = Pixels::in_memory(vec![0, 255, 51, 102], [1, 1, 1, 2]);
        let left = Pixels { dims: [1, 1, 1, 1], ..rows };
        let right = left.behind();
        assert!(left.is_beside(&right) && !left.is_beside(&right.select(&[0])));
        assert_eq!(left.gather_unit_twice(&right, &[1]).unwrap(), [[0.2], [0.4]]);
    }
}
