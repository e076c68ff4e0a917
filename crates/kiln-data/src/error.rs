//! What can go wrong between a data spec and a batch.

use std::path::PathBuf;

use crate::cifar::CifarError;
use crate::folder::{CaptionsError, FolderError};
use crate::picture::PictureError;
use crate::{IdxError, OptionError, SpecError};

/// The most bytes that the images of one part of a data set may take: 16 GiB.
pub const MAX_BYTES: u64 = 1 << 34;

/// An error of a data set, its files, or its loader.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A data spec that is none of the known forms.
    #[error(transparent)]
    Spec(#[from] SpecError),

    /// An option of [`LoadOptions`](crate::LoadOptions) that has a value it can't have.
    #[error(transparent)]
    Option(#[from] OptionError),

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
        /// What is wrong with its content.
        problem: IdxError,
    },

    /// A file whose content is not the CIFAR-10 data it should be.
    #[error("{path} is not usable: {problem}", path = path.display())]
    Cifar {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        problem: CifarError,
    },

    /// A file whose content is not the image it should be.
    #[error("{path} is not usable: {problem}", path = path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        problem: PictureError,
    },

    /// A file whose content is not the captions it should be.
    #[error("{path} is not usable: {problem}", path = path.display())]
    Captions {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
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

impl DataError {
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
