//! What can go wrong between a data spec and a batch.

use std::path::PathBuf;

use crate::cifar::CifarError;
use crate::folder::{CaptionsError, FolderError};
use crate::picture::PictureError;
use crate::points::PointsError;
use crate::text::TextError;
use crate::{IdxError, UsageError};

/// The most bytes that the images of one part of a data set may take: 16 GiB.
pub const MAX_BYTES: u64 = 1 << 34;

/// An error of a data set, its files, or its loader.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A word that is not understood: a data spec, or an option.
    #[error(transparent)]
    Usage(#[from] UsageError),

    /// A file or folder that could not be opened or read.
    #[error("cannot read {path}: {reason}; check that it is there and that you may read it", path = path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system or the decompressor said.
        #[source]
        reason: std::io::Error,
    },

    /// A file whose content is not the IDX data it should be.
    #[error("{path} is not usable: {problem}", path = path.display())]
    Idx {
        /// The file.
        path: PathBuf,
        /// Fault in its content.
        problem: IdxError,
    },

    /// A file whose content is not the CIFAR-10 data it should be.
    #[error("{path} is not usable: {problem}", path = path.display())]
    Cifar {
        /// The file.
        path: PathBuf,
        /// Fault in its content.
        problem: CifarError,
    },

    /// A file whose content is not the image it should be.
    #[error("{path} is not usable: {problem}", path = path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// Fault in its content.
        problem: PictureError,
    },

    /// Several files that are not the images they should be.
    #[error(
        "{count} of {total} files are not usable: {shown}{more}; mend or remove them, or leave them out \
         with skip_broken",
        shown = shown.join(", "), more = and_more(*count, shown.len())
    )]
    Broken {
        /// Number of such files.
        count: usize,
        /// Number of files there are.
        total: usize,
        /// Faults of the first of them, one each.
        shown: Vec<String>,
    },

    /// A file with another content than when it was first read.
    #[error(
        "{path} has changed since this run first read it; put it back as it was, or start a new run",
        path = path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },

    /// The threads that decode could not be started.
    #[error("the threads that decode images can't be started: {reason}; end other programs")]
    Threads {
        /// Message of the operating system.
        reason: String,
    },

    /// A file whose content is not the points it should be.
    #[error("{path} is not usable: {problem}", path = path.display())]
    Points {
        /// The file.
        path: PathBuf,
        /// Fault in its content.
        problem: PointsError,
    },

    /// A file whose content is not the text it should be.
    #[error("{path} is not usable: {problem}", path = path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// Fault in its content.
        problem: TextError,
    },

    /// A file whose content is not the captions it should be.
    #[error("{path} is not usable: {problem}", path = path.display())]
    Captions {
        /// The file.
        path: PathBuf,
        /// Fault in its content.
        problem: CaptionsError,
    },

    /// A folder that is not laid out as the data set's should be.
    #[error("{folder} {problem}", folder = folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        problem: FolderError,
    },

    /// Images that are too much for the memory a data set may take.
    #[error(
        "data set {name}: {images} images of {channels}×{height}×{width} take more than the {MAX_BYTES} bytes \
         that are read; choose a smaller size or fewer images"
    )]
    TooMuch {
        /// The data set.
        name: String,
        /// How many images there are.
        images: usize,
        /// The channels of each.
        channels: usize,
        /// The rows of each.
        height: usize,
        /// The columns of each.
        width: usize,
    },

    /// A folder that lacks files of the data set.
    #[error(
        "{folder} lacks {missing}; put the data set's files there (plain or gzip), or name another folder",
        folder = folder.display(), missing = missing.join(" and ")
    )]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The conventional names of the files that were not found.
        missing: Vec<String>,
    },

    /// An images file and a labels file that don't belong together.
    #[error(
        "{images} holds {image_count} images but {labels} holds {label_count} labels; \
         take both files from the same data set",
        images = images.display(), labels = labels.display()
    )]
    CountMismatch {
        /// The images file.
        images: PathBuf,
        /// How many images it holds.
        image_count: usize,
        /// The labels file.
        labels: PathBuf,
        /// How many labels it holds.
        label_count: usize,
    },

    /// Pixels or labels that don't form a data set of the stated shape.
    #[error("data set {name}: {problem}")]
    Dataset {
        /// The data set.
        name: String,
        /// What does not fit, and what would.
        problem: String,
    },

    /// A batch size the data set can't fill.
    #[error(
        "a batch of {batch_size} can't be drawn from data set {name}, which has {len} samples; \
         choose a batch size from 1 to {len}"
    )]
    BatchSize {
        /// The data set.
        name: String,
        /// The batch size asked for.
        batch_size: usize,
        /// How many samples there are.
        len: usize,
    },

    /// A loader position outside the data set.
    #[error(
        "cannot resume data set {name} at sample {position} of an epoch: it has {len} samples; \
         resume with the data set the position was saved with"
    )]
    Cursor {
        /// The data set.
        name: String,
        /// The position asked for.
        position: u64,
        /// How many samples there are.
        len: usize,
    },
}

/// The most files that a message names.
const NAMED: usize = 10;

impl DataError {
    /// The errors of `total` files as one, if there are any; the first that is not about a broken image comes before others.
    pub(crate) fn all(total: usize, mut errors: Vec<DataError>) -> Result<(), DataError> {
        let broken = |error: &DataError| matches!(error, DataError::Picture { .. });
        if let Some(at) = errors.iter().position(|error| !broken(error)) {
            return Err(errors.swap_remove(at));
        }
        if errors.len() > 1 {
            let shown = errors.iter().take(NAMED).map(DataError::to_string).collect();
            return Err(DataError::Broken { count: errors.len(), total, shown });
        }
        errors.pop().map_or(Ok(()), Err)
    }

    /// Whether so many images of a shape `[channels, height, width]` stay within [`MAX_BYTES`].
    pub(crate) fn check_bytes(name: &str, images: usize, shape: [usize; 3]) -> Result<(), Self> {
        let bytes = shape.iter().fold(images as u64, |bytes, &size| bytes.saturating_mul(size as u64));
        if bytes <= MAX_BYTES {
            return Ok(());
        }
        let [channels, height, width] = shape;
        Err(DataError::TooMuch { name: name.to_owned(), images, channels, height, width })
    }
}

/// Number of those not shown.
fn and_more(count: usize, shown: usize) -> String {
    match count - shown {
        0 => String::new(),
        more => format!(", and {more} more"),
    }
}
