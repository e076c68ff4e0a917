//! What can go wrong between a data spec and a batch.

use std::path::PathBuf;

use crate::cifar::CifarError;
use crate::folder::{CaptionsError, FolderError};
use crate::npy::NpyError;
use crate::picture::PictureError;
use crate::points::PointsError;
use crate::text::TextError;
use crate::{ArchiveError, IdxError, UsageError};

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
        /// Message of the operating system or the decompressor.
        #[source]
        reason: std::io::Error,
    },

    /// A folder where a file should be.
    #[error(
        "{path} is a folder; name a file in it, or a folder of image files as folder:DIR, one in MNIST's layout as \
         mnist:DIR",
        path = path.display()
    )]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },

    /// A pipe, a socket or a device where a file should be.
    #[error(
        "{path} is no regular file but a pipe, a socket or a device; copy its content to a file and name that",
        path = path.display()
    )]
    NotRegular {
        /// The path.
        path: PathBuf,
    },

    /// An archive that can't be read.
    #[error("{path} is not usable: {problem}", path = path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Fault in its content.
        problem: ArchiveError,
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

    /// A file whose content is not the array it should be.
    #[error("{path} is not usable: {problem}", path = path.display())]
    Npy {
        /// The file.
        path: PathBuf,
        /// Fault in its content.
        problem: NpyError,
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
         with --skip-broken",
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
        /// Fault of its layout.
        problem: FolderError,
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
        /// Number of images it holds.
        image_count: usize,
        /// The labels file.
        labels: PathBuf,
        /// Number of labels it holds.
        label_count: usize,
    },

    /// Pixels or labels that don't form a data set of the stated shape.
    #[error("data set {name}: {problem}")]
    Dataset {
        /// The data set.
        name: String,
        /// Fault, and what would fit.
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
        /// Number of samples there are.
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
        /// Number of samples there are.
        len: usize,
    },
}

/// The most files that a message names.
const NAMED: usize = 100;

impl DataError {
    /// The errors of some of `total` files as one; the first that is not about a broken image comes before others.
    ///
    /// # Panics
    /// When there is none.
    pub(crate) fn of_files(total: usize, mut errors: Vec<DataError>) -> DataError {
        if let Some(at) = errors.iter().position(|error| !error.is_broken_image()) {
            return errors.swap_remove(at);
        }
        if errors.len() == 1 {
            return errors.remove(0);
        }
        let shown: Vec<String> = errors.iter().take(NAMED).map(DataError::to_string).collect();
        assert!(!shown.is_empty(), "there is an error");
        DataError::Broken { count: errors.len(), total, shown }
    }

    /// As [`of_files`](DataError::of_files), if there are errors.
    pub(crate) fn all(total: usize, errors: Vec<DataError>) -> Result<(), DataError> {
        if errors.is_empty() { Ok(()) } else { Err(DataError::of_files(total, errors)) }
    }

    /// Whether one image file is to blame, so that the rest can be read without it.
    pub(crate) fn is_broken_image(&self) -> bool {
        matches!(self, DataError::Picture { .. })
    }

    /// A sentence about files that are left out because they are broken: each is named, with its fault.
    pub(crate) fn left_out(total: usize, broken: &[DataError]) -> String {
        let shown: Vec<String> = broken.iter().take(NAMED).map(DataError::to_string).collect();
        let more = and_more(broken.len(), shown.len());
        format!(
            "{} of {total} files left out because they are broken: {}{more}",
            broken.len(),
            shown.join(", ")
        )
    }
}

/// Number of those not shown.
fn and_more(count: usize, shown: usize) -> String {
    match count - shown {
        0 => String::new(),
        more => format!(", and {more} more"),
    }
}
