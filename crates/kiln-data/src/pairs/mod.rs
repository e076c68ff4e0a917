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

use crate::DataKind;

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
    accepts: |folders| two(folders).is_some(),
    open: |folders, options| {
        let (a, b) = two(folders).expect("a spec is parsed by what its kind accepts");
        unpaired(a.as_ref(), b.as_ref(), options)
    },
};

/// The two folders with a comma between them.
fn two(folders: &str) -> Option<(&str, &str)> {
    folders.split_once(',').filter(|(a, b)| !a.is_empty() && !b.is_empty() && !b.contains(','))
}
