//! Image files in archives, which are never unpacked: a file is read at its place when it is needed.
//!
//! Layout, classes, parts, captions and options are those of a [`folder`](crate::folder). Where all files lie in one
//! folder, as when a folder was packed, that is the root. Opening an archive reads where its files lie and their headers.
//! Of zip archives, files that are stored or deflated are read; of tar archives, those that are not compressed as a
//! whole, because no file in one can be read by itself. Of files with one path, the last counts.

use std::path::Path;

use crate::file::name_of;
use crate::folder::open_tree;
use crate::tree::{ArchiveFormat, FileTree};
use crate::{DataError, DataKind, LoadOptions, Parts};

/// `zip:FILE`.
pub const ZIP: DataKind = DataKind {
    name: "zip",
    argument: "FILE",
    about: "a zip archive of image files, laid out as a folder of them is",
    accepts: |file| !file.is_empty(),
    open: |file, options| open(file.as_ref(), ArchiveFormat::Zip, options),
};

/// `tar:FILE`.
pub const TAR: DataKind = DataKind {
    name: "tar",
    argument: "FILE",
    about: "a tar archive of image files, laid out as a folder of them is, and not compressed",
    accepts: |file| !file.is_empty(),
    open: |file, options| open(file.as_ref(), ArchiveFormat::Tar, options),
};

fn open(file: &Path, format: ArchiveFormat, options: &LoadOptions) -> Result<Parts, DataError> {
    options.checked_size()?;
    open_tree(name_of(file), &FileTree::archive(file, format)?, options)
}
