//! IDX, the file format of MNIST and its relatives.
//!
//! A file is a header of big-endian words, then unsigned bytes. The header is a magic number
//! (two zero bytes, the element type, the number of dimensions) and one size a dimension: count,
//! rows and columns for images (magic 0x803), the count for labels (magic 0x801). Files may be
//! compressed with gzip, which is recognised by its first bytes, whatever the name.
//!
//! [`parse_images`] and [`parse_labels`] read one stream and trust nothing in it; [`mnist`] and
//! [`images`] read files by their conventional names.

mod files;
mod parse;

pub use files::{images, mnist};
pub use parse::{IdxError, IdxImages, MAX_BYTES, parse_images, parse_labels};

use crate::{DataKind, Parts};

/// `mnist:DIR`.
pub const MNIST: DataKind = DataKind {
    name: "mnist",
    argument: "DIR",
    about: "a folder in MNIST's layout: IDX files of images and labels, plain or gzip",
    accepts: |folder| !folder.is_empty(),
    open: |folder, options| mnist(folder.as_ref())?.converted(options),
};

/// `idx:FILE`.
pub const IDX: DataKind = DataKind {
    name: "idx",
    argument: "FILE",
    about: "one IDX file of images, with the labels beside it if there are any",
    accepts: |file| !file.is_empty(),
    open: |file, options| Parts::new(images(file.as_ref())?, None).converted(options),
};
