//! What can be wrong with the layout of a folder.

use std::path::{Path, PathBuf};

use super::EXTENSIONS;
use crate::DataError;

/// Faults of the layout of a folder. It reads on from the folder's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// There is no such folder.
    #[error("does not exist; check the path")]
    Missing,
    /// It is a file.
    #[error("is not a folder; name the folder that the data lies in, or an archive as zip:FILE or tar:FILE")]
    NotAFolder,
    /// There is no image in it.
    #[error(
        "holds no images{}; files ending in {} were looked for, in it and in the folders below it",
        but(.others), endings()
    )]
    NoImages {
        /// Files it holds.
        others: String,
    },
    /// The part held out has an image outside of the classes.
    #[error(
        "holds {file}, which lies in none of the class folders to train on ({classes}); move or remove it"
    )]
    NoClass {
        /// The image, from the folder.
        file: String,
        /// The names of the classes.
        classes: String,
    },
    /// Of two folders that belong together, one is missing.
    #[error("holds {found} but not {missing}; pairs need both")]
    OneSided {
        /// The folder there is.
        found: String,
        /// The folder there should be.
        missing: String,
    },
    /// Images without a partner.
    #[error(
        "holds {count} images without a partner in {other}, the first of them {file}; give the two of a pair \
         equal names"
    )]
    NoPartner {
        /// The first of them, from the folder.
        file: String,
        /// Where its partner should be.
        other: PathBuf,
        /// Number of such images.
        count: usize,
    },
    /// Two images that could be the same partner.
    #[error("holds both {0} and {1}, which are one name in a pair; remove or rename one")]
    Ambiguous(String, String),
    /// Two folders that look like the two sides of pairs, under names that say nothing.
    #[error(
        "holds the folders {0} and {1} with images of equal names, which may be the two sides of pairs; \
         call them A and B"
    )]
    UnnamedSides(String, String),
    /// No folder of frames.
    #[error("holds no folders; each sequence of frames is a folder of images")]
    NoSequences,
    /// No array of Quick Draw.
    #[error(
        "holds no .npy files; get the NumPy bitmaps of Quick Draw, a file for each class, from \
         storage.googleapis.com/quickdraw_dataset/full/numpy_bitmap"
    )]
    NoArrays,
    /// No batch of CIFAR-10.
    #[error(
        "lacks data_batch_1.bin to data_batch_5.bin; put the binary version of CIFAR-10 there (plain or \
         gzip), or name another folder"
    )]
    NoCifar,
    /// The batches are Python's.
    #[error("holds the Python version of CIFAR-10; get the binary version, cifar-10-binary.tar.gz")]
    CifarPython,
}

impl FolderError {
    /// The error of a folder.
    pub(crate) fn of(self, folder: &Path) -> DataError {
        DataError::Folder { folder: folder.to_owned(), problem: self }
    }
}

fn but(others: &str) -> String {
    if others.is_empty() { String::new() } else { format!(" but {others}") }
}

/// The endings of image files in a sentence.
fn endings() -> String {
    let [first @ .., last] = EXTENSIONS.map(|extension| format!(".{extension}"));
    format!("{} or {last}", first.join(", "))
}
