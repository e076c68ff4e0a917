//! Image files in folders.
//!
//! A folder is read with all folders below it. Files that end in `.png`, `.jpg`, `.jpeg`, `.jpe`, `.jfif`, `.bmp`,
//! `.gif`, `.tif`, `.tiff` or `.webp`, in small or capital letters, are images, and their content decides which
//! format they are in; of a GIF it is the first frame. Other files are left out, and a
//! [note](crate::Parts::notes) says how many of which kind; everything whose name begins with a dot is ignored.
//! Links are followed. The images come in the order of their paths, name by name as bytes, whatever order the file
//! system has: `1.png`, `10.png`, `2.png`.
//!
//! Opening a folder reads the names and headers of its files. They are decoded when they are needed, and what was
//! decoded is kept as far as [`LoadOptions::cache`](crate::LoadOptions::cache) has room.
//!
//! * **Size.** Where all files have one size, of sides up to [`MOST_NATIVE`], that is the size of the images. Otherwise
//!   it is [`SIZE`] by `SIZE`, or the square that [`LoadOptions`](crate::LoadOptions) asks for.
//! * **Parts.** Where the folder holds one called `train` or `training`, that is what to train on, and of the folders
//!   beside it only one more is read, the part held out: the first there is of `test`, `testing`, `val`, `valid`,
//!   `validation` and `dev`, in small or capital letters. A note names what is left out. `train` beside others none of
//!   which is held out is a class. Any part can be opened alone by its own path.
//! * **Classes.** Where all images to train on lie in first-level folders, at least two, these are the
//!   classes, in the order of their names, and each image is labelled by its folder. The part held out has
//!   the same classes, or some of them. Otherwise there are no labels.
//! * **Captions.** See [`captions`].

pub mod captions;
mod classes;
mod error;
mod index;
mod list;
mod load;
mod parts;

pub use captions::CaptionsError;
pub(crate) use classes::first_folder;
pub use error::FolderError;
pub use index::MOST_NATIVE;
pub(crate) use index::{Index, Look};
pub use list::EXTENSIONS;
pub(crate) use list::Listing;
pub use load::open;
pub(crate) use load::open_tree;
pub(crate) use parts::{HELD_OUT, PartFolders, TRAIN};

use crate::DataKind;

/// `folder:DIR`.
pub const KIND: DataKind = DataKind {
    name: "folder",
    argument: "DIR",
    about: "a folder of image files, with folders in it as classes if there are several",
    accepts: |folder| !folder.is_empty(),
    open: |folder, options| open(folder.as_ref(), options),
};

/// Height and width of images from files of several sizes, where no size is asked for.
pub const SIZE: usize = 64;
