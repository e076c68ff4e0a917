//! The part to train on, and the part held out.

use std::path::{Path, PathBuf};

/// What the part held out may be called, the first choice first.
pub(crate) const HELD_OUT: [&str; 4] = ["test", "val", "valid", "validation"];

/// The folders of the two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub train: PathBuf,
    pub test: Option<PathBuf>,
}

impl Parts {
    /// The parts of a folder that holds one called `train`; otherwise it is itself what to train on.
    pub fn of(folder: &Path) -> Parts {
        let train = folder.join("train");
        if !train.is_dir() {
            return Parts { train: folder.to_owned(), test: None };
        }
        Parts { train, test: HELD_OUT.map(|name| folder.join(name)).into_iter().find(|path| path.is_dir()) }
    }
}
