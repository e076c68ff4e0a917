//! What can be wrong with the layout of a folder.

use std::path::{Path, PathBuf};

use super::EXTENSIONS;
use crate::DataError;

/// What can be wrong with the layout of a folder. It reads on from the folder's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// There is no such folder.
    #[error("does not exist; check the path")]
    Missing,
    /// It is a file.
    #[error("is not a folder; name the folder that the data lies in")]
    NotAFolder,
    /// There is no image in it.
    #[error(
        "holds no images; files ending in {} were looked for, in it and in the folders below it",
        endings()
    )]
    NoImages,
    /// The part held out has an image outside of the classes.
    #[error(
        "holds {file}, which lies in none of the class folders to train on ({classes}); move or remove it"
    )]
    NoClass {
        /// The image, from the folder.
        file: PathBuf,
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
        file: PathBuf,
        /// Where its partner should be.
        other: PathBuf,
        /// How many there are.
        count: usize,
    },
    /// Two images that could be the same partner.
    #[error("holds both {} and {}, which are one name in a pair; remove or rename one", .0.display(), .1.display())]
    Ambiguous(PathBuf, PathBuf),
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

/// The endings of image files in a sentence.
fn endings() -> String {
    let [first @ .., last] = EXTENSIONS.map(|extension| format!(".{extension}"));
    format!("{} or {last}", first.join(", "))
}
