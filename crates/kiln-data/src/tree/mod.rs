//! Files by their paths from a root, wherever they lie: in a folder, or in an archive, which is never unpacked.
//!
//! [`FileTree`] is one or the other; [`archive`] is a file with files in it, each at a place of its own, and [`zip`] and
//! [`tar`] say where.

mod archive;
mod tar;
mod zip;

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

pub use archive::ArchiveError;
pub(crate) use archive::{Archive, ArchiveFormat};

use crate::DataError;
use crate::file::{self, unreadable};
use crate::folder::FolderError;

/// The files of a folder, or of a folder in an archive.
#[derive(Clone, Debug)]
pub(crate) enum FileTree {
    /// Those of a folder.
    Folder(PathBuf),
    /// Those in an archive whose paths begin so: empty, or ending in `/`.
    Archive(Arc<Archive>, String),
}

/// A file that is found in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// A regular file by its path from the root on, with `/`.
    File(&'a str),
    /// A regular file whose path is not UTF-8.
    Unnamed(&'a Path),
    /// A pipe, a socket, a device, or a link in an archive.
    Irregular,
}

/// The bytes of a file, to be read in any order.
pub(crate) trait Bytes: Read + Seek {}

impl<T: Read + Seek> Bytes for T {}

impl FileTree {
    /// The files in an archive; of one that holds a single folder, those in it.
    pub fn archive(path: &Path, format: ArchiveFormat) -> Result<FileTree, DataError> {
        let archive = Archive::open(path, format)?;
        let inside = archive.common_folder();
        Ok(FileTree::Archive(Arc::new(archive), inside))
    }

    /// The path of the root; of one in an archive, as if that were a folder.
    pub fn path(&self) -> PathBuf {
        match self {
            FileTree::Folder(folder) => folder.clone(),
            // Joining nothing would end the path with a separator.
            FileTree::Archive(archive, inside) if inside.is_empty() => archive.path().to_owned(),
            FileTree::Archive(archive, inside) => archive.path().join(inside.trim_end_matches('/')),
        }
    }

    /// The path of a file or folder in it.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The files in a folder of it.
    pub fn join(&self, folder: &str) -> FileTree {
        match self {
            FileTree::Folder(path) => FileTree::Folder(path.join(folder)),
            FileTree::Archive(archive, inside) => {
                FileTree::Archive(archive.clone(), format!("{inside}{folder}/"))
            }
        }
    }

    /// The names of the files and folders at its root, sorted, but for those that begin with a dot.
    pub fn names(&self) -> Result<Vec<String>, DataError> {
        let mut names = match self {
            FileTree::Folder(folder) => names(folder)?,
            FileTree::Archive(archive, inside) => {
                let inside = archive.names_in(inside).map(|name| first_part(name).0.to_owned());
                inside.collect::<Vec<String>>()
            }
        };
        names.retain(|name| !name.starts_with('.'));
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// The names of the folders at its root, sorted, but for those that begin with a dot.
    pub fn folders(&self) -> Result<Vec<String>, DataError> {
        let mut folders = match self {
            FileTree::Folder(folder) => {
                let mut names = names(folder)?;
                names.retain(|name| folder.join(name).is_dir());
                names
            }
            FileTree::Archive(archive, inside) => {
                let folders = archive.names_in(inside).map(first_part).filter(|(_, is_folder)| *is_folder);
                folders.map(|(name, _)| name.to_owned()).collect()
            }
        };
        folders.retain(|name| !name.starts_with('.'));
        folders.sort_unstable();
        folders.dedup();
        Ok(folders)
    }

    /// Calls `take` with each file of it and of the folders below, sorted name by name as bytes. What begins with a dot
    /// is passed over, with all that is in it.
    pub fn walk(&self, take: &mut dyn FnMut(Found)) -> Result<(), DataError> {
        match self {
            FileTree::Folder(folder) => walk(folder, take),
            FileTree::Archive(archive, inside) => {
                archive.names_in(inside).for_each(|name| take(Found::File(name)));
                archive.others_in(inside).for_each(take);
                Ok(())
            }
        }
    }

    /// Whether there is a file of this path.
    pub fn holds(&self, file: &str) -> bool {
        match self {
            FileTree::Folder(folder) => folder.join(file).is_file(),
            FileTree::Archive(archive, inside) => archive.find(&format!("{inside}{file}")).is_some(),
        }
    }

    /// The bytes of a file, and how many there are.
    pub fn open(&self, name: &str) -> Result<(Box<dyn Bytes>, u64), DataError> {
        let path = || self.path_of(name);
        match self {
            FileTree::Folder(folder) => {
                let path = folder.join(name);
                let file = file::open(&path)?.into_inner();
                let length = file.metadata().map_err(|reason| unreadable(&path, reason))?.len();
                Ok((Box::new(file), length))
            }
            FileTree::Archive(archive, inside) => {
                let opened = archive.read(&format!("{inside}{name}"));
                opened.map_err(|reason| unreadable(&path(), reason))
            }
        }
    }

    /// All bytes of a file; `None` where they are more than `limit`.
    pub fn content(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, DataError> {
        match self {
            FileTree::Folder(folder) => file::content(&folder.join(name), limit),
            FileTree::Archive(archive, inside) => {
                let content = archive.content(&format!("{inside}{name}"), limit);
                content.map_err(|reason| unreadable(&self.path_of(name), reason))
            }
        }
    }
}

/// The part of a path before the first `/`, and whether there is more.
fn first_part(name: &str) -> (&str, bool) {
    name.split_once('/').map_or((name, false), |(first, _)| (first, true))
}

/// The names of what a folder holds, sorted.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, DataError> {
    check(folder)?;
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|reason| unreadable(folder, reason))?;
    let mut names: Vec<_> =
        entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    Ok(names)
}

fn walk(folder: &Path, take: &mut dyn FnMut(Found)) -> Result<(), DataError> {
    check(folder)?;
    let is_hidden = |name: &OsStr| name.as_encoded_bytes().starts_with(b".");
    let visible = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name());
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(visible) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_owned();
            unreadable(&path, error.into())
        })?;
        let kind = entry.file_type();
        if kind.is_dir() {
            continue;
        }
        let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let name = path.iter().map(|part| part.to_str()).collect::<Option<Vec<_>>>();
        match name {
            _ if !kind.is_file() => take(Found::Irregular),
            Some(name) => take(Found::File(&name.join("/"))),
            None => take(Found::Unnamed(path)),
        }
    }
    Ok(())
}

/// Whether there is such a folder.
fn check(folder: &Path) -> Result<(), DataError> {
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(FolderError::NotAFolder.of(folder)),
        Err(reason) if reason.kind() == ErrorKind::NotFound => Err(FolderError::Missing.of(folder)),
        Err(reason) => Err(unreadable(folder, reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_yields_nothing_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::write(at.join("notes.txt"), []).unwrap();
        for (path, says) in [
            (at.join("none"), "none does not exist; check the path"),
            (at.join("notes.txt"), "notes.txt is not a folder; name the folder that the data lies in"),
        ] {
            let tree = FileTree::Folder(path);
            for error in [tree.names().unwrap_err(), tree.walk(&mut |_| ()).unwrap_err()] {
                let error = error.to_string();
                assert!(error.starts_with(at.to_str().unwrap()) && error.contains(says), "{error}");
            }
        }
        assert_eq!(FileTree::Folder(at.to_owned()).names().unwrap(), ["notes.txt"]);
    }
}
