//! Images to translate into each other: pairs, and two sets without pairs.
//!
//! Image files are found and read as [`folder`](crate::folder) says, but have no labels and no captions.
//!
//! [`paired`] reads pairs. The images of a data set are the sides A, its
//! [`targets`](crate::Dataset::targets) the sides B; of the CMP facades, photographs and label maps. In a folder that holds folders called `A` and `B`, two
//! files are a pair whose paths from there on are equal up to the ending. Otherwise each file holds a pair
//! side by side, A on the left. Where there is a part held out, each part is a folder of such a kind, as in
//! `train` and `test`; or the sides have the parts, `A/train` and `B/train`; or both are in one name,
//! `trainA` and `trainB`. In place of `test` there may be `val`, `valid` or `validation`. The two of a pair
//! are brought to a square each by itself.
//!
//! [`unpaired`] reads two folders whose images belong together as sets only. The images of a data set are
//! those of A; those of B are its [`unpaired`](crate::Dataset::unpaired) second set. A part held out lies in
//! either folder as [`folder`](crate::folder) says, or beside folders called `trainA` and `trainB`, as
//! `testA` and `testB`.

mod layout;
mod load;

pub use load::{paired, unpaired};
