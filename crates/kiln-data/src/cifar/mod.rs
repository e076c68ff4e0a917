//! CIFAR-10 in its binary version (Krizhevsky, "Learning multiple layers of features from tiny images",
//! 2009).
//!
//! A file is records of 3073 bytes: one label below ten, then 32×32 pixels of red, as many of green and of
//! blue, each in rows from the top. Files may be compressed with gzip, which is recognised by its first
//! bytes, whatever the name.
//!
//! [`parse`] reads one stream and trusts nothing in it; [`cifar10`] reads files by their conventional
//! names.

mod files;
mod parse;

pub use files::cifar10;
pub use parse::{CifarBatch, CifarError, MAX_RECORDS, parse};

use crate::DataKind;

/// `cifar10:DIR`.
pub const KIND: DataKind = DataKind {
    name: "cifar10",
    argument: "DIR",
    about: "CIFAR-10 in its binary version: 32×32 in colour, labelled",
    accepts: |folder| !folder.is_empty(),
    open: |folder, options| cifar10(folder.as_ref())?.converted(options),
};

/// Height and width of an image.
pub const SIDE: usize = 32;

/// The names of the classes 0 to 9.
pub const CLASS_NAMES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
