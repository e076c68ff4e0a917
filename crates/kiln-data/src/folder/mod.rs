//! Image files in folders.
//!
//! A folder is read with all folders below it. Files that end in `.png`, `.jpg`, `.jpeg` or `.bmp`, in
//! small or capital letters, are images, and their content decides which format they are in; other files
//! are ignored, and so is everything whose name begins with a dot. Links are followed. The images come in the order of
//! their paths, name by name as bytes, whatever order the file system has: `1.png`, `10.png`, `2.png`.
//! They may be of any size: each is brought to the square that [`LoadOptions`](crate::LoadOptions) asks
//! for as soon as it is decoded.
//!
//! * **Parts.** Where the folder holds one called `train`, that is what to train on, and of the folders
//!   beside it only one more is read, the part held out: the first there is of `test`, `val`, `valid` and
//!   `validation`. Any of them can be loaded alone by its own path.
//! * **Classes.** Where all images to train on lie in first-level folders, at least two, these are the
//!   classes, in the order of their names, and each image is labelled by its folder. The part held out has
//!   the same classes, or some of them. Otherwise there are no labels.
//! * **Captions.** See [`captions`].

pub mod captions;
mod classes;
mod error;
mod list;
mod load;
mod parts;
mod stack;

pub use captions::CaptionsError;
pub use error::FolderError;
pub use list::EXTENSIONS;
pub(crate) use list::{Listing, names};
pub use load::load;
pub(crate) use parts::{HELD_OUT, Parts};
pub(crate) use stack::{Stack, same_channels};

/// Height and width of images from files, where no size is asked for.
pub const SIZE: usize = 64;
