//! Images to translate into each other: pairs, and two sets without pairs.
//!
//! Image files are found and read as [`folder`](crate::folder) says, but have no labels and no captions.
//!
//! [`paired`] opens pairs. The images of a data set are the sides A, its
//! [`targets`](crate::Dataset::targets) the sides B; of the CMP facades, photographs and label maps. In a folder that
//! holds folders called `A` and `B`, two files are a pair whose paths from there on are equal up to the ending.
//! Otherwise each file holds a pair side by side, A on the left. Where there is a part held out, each part is a folder
//! of such a kind, as in `train` and `test`; or the sides have the parts, `A/train` and `B/train`; or both are in one
//! name, `trainA` and `trainB`. All names may be in small or capital letters, with `_` or `-` between part and side, and
//! the parts of the other names that [`folder`](crate::folder) knows. The two of a pair are brought to a size each by
//! itself.
//!
//! [`unpaired`] opens two folders whose images belong together as sets only. The images of a data set are
//! those of A; those of B are its [`unpaired`](crate::Dataset::unpaired) second set. A part held out lies in
//! either folder as [`folder`](crate::folder) says, or beside folders called `trainA` and `trainB`, as
//! `testA` and `testB`.

mod layout;
mod load;

pub use load::{paired, unpaired};

use std::path::PathBuf;

use crate::file::at_home;
use crate::{DataKind, UsageError};

/// `paired:DIR`.
pub const PAIRED: DataKind = DataKind {
    name: "paired",
    argument: "DIR",
    about: "a folder of pairs of images, side by side in each file or in folders A and B",
    accepts: |folder| !folder.is_empty(),
    open: |folder, options| paired(folder.as_ref(), options),
};

/// `unpaired:DIR,DIR`.
pub const UNPAIRED: DataKind = DataKind {
    name: "unpaired",
    argument: "DIR,DIR",
    about: "two folders of images, to translate between",
    accepts: |folders| splits(folders).next().is_some(),
    open: |folders, options| {
        let [a, b] = two(folders)?;
        unpaired(&a, &b, options)
    },
};

/// All ways to take a comma for that between two folders.
fn splits(folders: &str) -> impl Iterator<Item = [&str; 2]> {
    let commas = folders.match_indices(',');
    commas
        .map(|(at, _)| [&folders[..at], &folders[at + 1..]])
        .filter(|both| both.iter().all(|one| !one.is_empty()))
}

/// The two folders with a comma between them: at the only comma, or else at that beside which there are two.
fn two(folders: &str) -> Result<[PathBuf; 2], UsageError> {
    let mut both: Vec<[PathBuf; 2]> = splits(folders).map(|both| both.map(at_home)).collect();
    if both.len() > 1 {
        both.retain(|both| both.iter().all(|one| one.is_dir()));
    }
    both.pop().filter(|_| both.is_empty()).ok_or_else(|| {
        let remedy = "of its commas exactly one must be between two folders that exist; check the paths, or rename \
                      the folders";
        UsageError::new("unpaired", folders, remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_an_unpaired_set_may_have_a_comma() {
        let at = tempfile::tempdir().unwrap();
        for name in ["a", "b,c", "b", "c,d"] {
            std::fs::create_dir(at.path().join(name)).unwrap();
        }
        let split = |names: &str| {
            let names: Vec<String> =
                names.split('|').map(|name| at.path().join(name).display().to_string()).collect();
            two(&names.join(","))
        };
        let paths = |names: [&str; 2]| names.map(|name| at.path().join(name));
        assert_eq!(split("a|b,c").unwrap(), paths(["a", "b,c"]));
        assert_eq!(split("b,c|a").unwrap(), paths(["b,c", "a"]));
        // With one comma, folders that don't exist are named later.
        assert_eq!(split("x|y").unwrap(), paths(["x", "y"]));
        let error = split("x|b,c").unwrap_err().to_string();
        assert!(error.contains("exactly one must be between two folders that exist"), "{error}");
    }
}
