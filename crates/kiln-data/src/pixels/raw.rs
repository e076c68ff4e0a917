//! Images that lie in files as they are, one after the other.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{PixelSource, Pixels};
use crate::DataError;
use crate::file::{self, unreadable};

/// A file from a place on.
#[derive(Debug)]
pub(crate) struct RawFile {
    path: PathBuf,
    file: File,
    start: u64,
}

impl RawFile {
    /// The file, opened.
    pub fn open(path: &Path, start: u64) -> Result<RawFile, DataError> {
        Ok(RawFile { path: path.to_owned(), file: file::open(path)?.into_inner(), start })
    }

    fn read(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        read_at(&self.file, self.start + at, bytes)
    }

    /// So many bytes from its start on.
    pub fn stream(&self, len: u64) -> impl Read {
        RawStream { file: self, at: 0, len }
    }
}

struct RawStream<'a> {
    file: &'a RawFile,
    at: u64,
    len: u64,
}

impl Read for RawStream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (self.len - self.at).min(buffer.len() as u64) as usize;
        self.file.read(self.at, &mut buffer[..read])?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(unix)]
fn read_at(file: &File, at: u64, bytes: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
fn read_at(file: &File, mut at: u64, mut bytes: &mut [u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                at += read as u64;
                bytes = &mut bytes[read..];
            }
        }
    }
    Ok(())
}

/// Images of one shape, which are read when they are asked for. The file system keeps them in memory.
#[derive(Debug)]
pub(crate) struct RawImages {
    /// `[channels, height, width]`.
    shape: [usize; 3],
    /// Order of the numbers: true if a pixel has all its channels together, false if a channel has all its pixels together.
    interleaved: bool,
    /// Each file with the number of images up to its end.
    files: Vec<(RawFile, usize)>,
}

impl RawImages {
    /// None yet.
    pub fn new(shape: [usize; 3], interleaved: bool) -> RawImages {
        RawImages { shape, interleaved, files: Vec::new() }
    }

    /// Adds the images of a file.
    pub fn add(&mut self, file: RawFile, images: usize) {
        self.files.push((file, self.rows() + images));
    }

    /// The images.
    pub fn into_pixels(self) -> Pixels {
        let [channels, height, width] = self.shape;
        Pixels::new(Arc::new(self), [1, channels, height, width])
    }

    /// Adds the planes of an image whose channels lie beside each other.
    pub fn planes(image: &[u8], channels: usize, planes: &mut Vec<u8>) {
        (0..channels).for_each(|channel| planes.extend(image.iter().skip(channel).step_by(channels)));
    }

    fn read(&self, row: usize) -> Result<Vec<u8>, DataError> {
        let at = self.files.partition_point(|(_, end)| *end <= row);
        let (file, _) = &self.files[at];
        let first = at.checked_sub(1).map_or(0, |before| self.files[before].1);
        let mut image = vec![0; self.shape.iter().product()];
        let start = (row - first) as u64 * image.len() as u64;
        file.read(start, &mut image).map_err(|reason| unreadable(&file.path, reason))?;
        if self.interleaved {
            let mut planes = Vec::with_capacity(image.len());
            RawImages::planes(&image, self.shape[0], &mut planes);
            return Ok(planes);
        }
        Ok(image)
    }
}

impl PixelSource for RawImages {
    fn rows(&self) -> usize {
        self.files.last().map_or(0, |(_, end)| *end)
    }

    fn with_row(&self, row: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), DataError> {
        take(&self.read(row)?);
        Ok(())
    }

    fn digest_row(&self, row: usize, checksum: &mut crc32fast::Hasher) {
        // What can't be read is said when it is needed.
        if let Ok(image) = self.read(row) {
            checksum.update(&image);
        }
    }
}
