//! A file with files in it.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::bufread::DeflateDecoder;

use super::{Bytes, Found, tar, zip};
use crate::DataError;
use crate::file;
use crate::pixels::FileNames;

/// Faults of an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It is not an archive of its kind, or is damaged.
    #[error("it is no {kind} archive, or is damaged ({detail}); copy or download it again")]
    Damaged {
        /// `zip` or `tar`.
        kind: &'static str,
        /// Message of the reader.
        detail: String,
    },
    /// A tar archive that is compressed as a whole.
    #[error(
        "it is compressed as a whole, so no file in it can be read by itself; decompress it, as with gunzip"
    )]
    Compressed,
    /// A file in it is encrypted.
    #[error("{file} in it is encrypted; make an archive without a password")]
    Encrypted {
        /// Path of the file in it.
        file: String,
    },
    /// A file in it is compressed in another way than deflate.
    #[error(
        "{file} in it is compressed as {method}; only stored and deflated files are read, so pack it again"
    )]
    Method {
        /// Path of the file in it.
        file: String,
        /// Name or number of the method.
        method: String,
    },
}

/// How the files in an archive are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArchiveFormat {
    /// By the directory at the end.
    Zip,
    /// By the headers between them.
    Tar,
}

/// Where a file lies in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Where its bytes begin.
    pub start: u64,
    /// Number of bytes there.
    pub stored: u64,
    /// Number of its own bytes.
    pub length: u64,
    /// Whether they are deflated.
    pub deflated: bool,
    /// Its checksum, if the archive knows one.
    pub crc: Option<u32>,
}

/// The files found in an archive.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Path and place of each; of files with one path, the last counts.
    pub files: Vec<(String, Place)>,
    /// Paths that are not UTF-8, as far as they can be shown.
    pub unnamed: Vec<String>,
    /// Paths of links, devices and the like.
    pub irregular: Vec<String>,
}

/// An index of the files in an archive: a file takes its path and some 50 bytes.
#[derive(Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    /// Sorted name by name.
    names: FileNames,
    places: Vec<Place>,
    unnamed: Vec<String>,
    irregular: Vec<String>,
}

impl Archive {
    /// Reads where each file lies. What begins with a dot is passed over, with all that is in it.
    pub fn open(path: &Path, format: ArchiveFormat) -> Result<Archive, DataError> {
        let mut stream = file::open(path)?;
        let contents = match format {
            ArchiveFormat::Zip => zip::contents(&mut stream),
            ArchiveFormat::Tar => tar::contents(&mut stream),
        };
        let contents = contents.map_err(|problem| DataError::Archive { path: path.to_owned(), problem })?;
        let mut files: Vec<(String, Place)> =
            contents.files.into_iter().filter_map(|(name, place)| Some((visible(&name)?, place))).collect();
        files.sort_by(|(a, _), (b, _)| by_parts(a, b));
        let is_last = |at: usize| files.get(at + 1).is_none_or(|(next, _)| *next != files[at].0);
        let last: Vec<usize> = (0..files.len()).filter(|&at| is_last(at)).collect();
        Ok(Archive {
            path: path.to_owned(),
            names: last.iter().map(|&at| files[at].0.as_str()).collect(),
            places: last.iter().map(|&at| files[at].1).collect(),
            unnamed: contents.unnamed.iter().filter_map(|name| visible(name)).collect(),
            irregular: contents.irregular.iter().filter_map(|name| visible(name)).collect(),
        })
    }

    /// The archive's own path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that all files lie in, however deep, with a `/`; empty where there is none.
    pub fn common_folder(&self) -> String {
        let folder = |name: &str| name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let mut names = self.names.iter();
        let mut common = names.next().map(folder).unwrap_or_default();
        for name in names {
            while !common.is_empty() && !name.strip_prefix(&common).is_some_and(|rest| rest.starts_with('/'))
            {
                common = folder(&common);
            }
        }
        if common.is_empty() { common } else { common + "/" }
    }

    /// The paths that begin so, from there on, sorted name by name.
    pub fn names_in<'a>(&'a self, inside: &'a str) -> impl Iterator<Item = &'a str> {
        self.names.iter().filter_map(move |name| name.strip_prefix(inside))
    }

    /// The paths that begin so of what else is in it, from there on.
    pub fn others_in<'a>(&'a self, inside: &'a str) -> impl Iterator<Item = Found<'a>> {
        let inside = move |name: &'a String| name.strip_prefix(inside);
        let unnamed = self.unnamed.iter().filter_map(inside).map(|name| Found::Unnamed(Path::new(name)));
        unnamed.chain(self.irregular.iter().filter_map(inside).map(|_| Found::Irregular))
    }

    /// The number of a file.
    pub fn find(&self, name: &str) -> Option<usize> {
        let (mut from, mut to) = (0, self.names.len());
        while from < to {
            let middle = from + (to - from) / 2;
            match by_parts(self.names.get(middle), name) {
                Ordering::Equal => return Some(middle),
                Ordering::Less => from = middle + 1,
                Ordering::Greater => to = middle,
            }
        }
        None
    }

    fn place(&self, name: &str) -> io::Result<Place> {
        self.find(name).map(|at| self.places[at]).ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn stored(&self, place: Place) -> io::Result<Window> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(place.start))?;
        Ok(Window { file, start: place.start, length: place.stored, at: 0 })
    }

    /// The bytes of a file, decompressed as far as they are asked for, and how many there are.
    pub fn read(&self, name: &str) -> io::Result<(Box<dyn Bytes>, u64)> {
        let place = self.place(name)?;
        let stored = self.stored(place)?;
        let bytes: Box<dyn Bytes> = if place.deflated {
            let decoder = DeflateDecoder::new(BufReader::new(stored));
            Box::new(Inflated { decoder, bytes: Vec::new(), length: place.length, at: 0 })
        } else {
            Box::new(stored)
        };
        Ok((bytes, place.length))
    }

    /// Where the bytes of a file begin, if they are not compressed.
    pub fn stored_at(&self, name: &str) -> Option<u64> {
        self.find(name).map(|at| self.places[at]).filter(|place| !place.deflated).map(|place| place.start)
    }

    /// All bytes of a file, which have its checksum; `None` where they are more than `limit`.
    pub fn content(&self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let place = self.place(name)?;
        if place.length > limit {
            return Ok(None);
        }
        let stored = self.stored(place)?;
        let mut bytes = Vec::new();
        // An archive may declare any length, so the bytes are counted.
        let most = place.length.saturating_add(1);
        if place.deflated {
            DeflateDecoder::new(BufReader::new(stored)).take(most).read_to_end(&mut bytes)?;
        } else {
            stored.take(most).read_to_end(&mut bytes)?;
        }
        let damaged = |says| Err(io::Error::new(ErrorKind::InvalidData, says));
        if bytes.len() as u64 != place.length {
            return damaged("it has another length than the archive says");
        }
        if place.crc.is_some_and(|crc| crc != crc32fast::hash(&bytes)) {
            return damaged("it has another checksum than the archive says");
        }
        Ok(Some(bytes))
    }
}

/// A path from the root on, if nothing in it begins with a dot.
fn visible(path: &str) -> Option<String> {
    let path = path.trim_start_matches("./").trim_start_matches('/');
    let hidden = path.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    (!hidden).then(|| path.to_owned())
}

/// Whether one path comes before another: name by name as bytes, as the files of a folder do.
fn by_parts(a: &str, b: &str) -> Ordering {
    a.split('/').cmp(b.split('/'))
}

/// A stretch of a file.
struct Window {
    file: File,
    start: u64,
    length: u64,
    at: u64,
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&mut self.file).take(self.length.saturating_sub(self.at)).read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = target(to, self.at, self.length)?;
        self.file.seek(SeekFrom::Start(self.start.saturating_add(self.at)))?;
        Ok(self.at)
    }
}

/// A deflated file, which is decompressed up to where it is read.
struct Inflated {
    decoder: DeflateDecoder<BufReader<Window>>,
    bytes: Vec<u8>,
    length: u64,
    at: u64,
}

impl Read for Inflated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = self.at.saturating_add(buffer.len() as u64).min(self.length);
        let missing = wanted.saturating_sub(self.bytes.len() as u64);
        (&mut self.decoder).take(missing).read_to_end(&mut self.bytes)?;
        let from = usize::try_from(self.at).unwrap_or(usize::MAX).min(self.bytes.len());
        let read = (&self.bytes[from..]).read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Inflated {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = target(to, self.at, self.length)?;
        Ok(self.at)
    }
}

/// The place that a seek leads to.
fn target(to: SeekFrom, at: u64, length: u64) -> io::Result<u64> {
    let target = match to {
        SeekFrom::Start(at) => Some(at),
        SeekFrom::Current(by) => at.checked_add_signed(by),
        SeekFrom::End(by) => length.checked_add_signed(by),
    };
    target.ok_or_else(|| ErrorKind::InvalidInput.into())
}
