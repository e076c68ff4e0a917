//! The files in a folder, in an order that does not depend on the file system.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::{FolderError, captions};
use crate::DataError;
use crate::file::unreadable;
use crate::pixels::FileNames;

/// How the names of image files end, in small letters.
pub const EXTENSIONS: [&str; 10] = ["png", "jpg", "jpeg", "jpe", "jfif", "bmp", "gif", "tif", "tiff", "webp"];

/// The image files of a folder: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The folder.
    pub folder: PathBuf,
    /// Their paths from the folder on, with `/`, sorted name by name.
    pub names: FileNames,
    /// Number of other files, by how their names end.
    pub left_out: BTreeMap<String, usize>,
}

impl Listing {
    /// The image files of a folder and of those below it.
    pub fn new(folder: &Path) -> Result<Listing, DataError> {
        check(folder)?;
        let (mut names, mut left_out) = (FileNames::default(), BTreeMap::new());
        let visible = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry);
        let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(visible) {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(folder).to_owned();
                unreadable(&path, error.into())
            })?;
            if !entry.file_type().is_file() || entry.file_name() == captions::FILE_NAME {
                continue;
            }
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let name = path.iter().map(|part| part.to_str()).collect::<Option<Vec<_>>>();
            match (name, is_image(path)) {
                (Some(name), true) => names.push(&name.join("/")),
                (None, true) => *left_out.entry("a name that is not UTF-8".to_owned()).or_default() += 1,
                (_, false) => *left_out.entry(ending(path)).or_default() += 1,
            }
        }
        if names.len() == 0 {
            return Err(FolderError::NoImages { others: others(&left_out) }.of(folder));
        }
        names.shrink();
        Ok(Listing { folder: folder.to_owned(), names, left_out })
    }

    /// A sentence about files that are not images by their endings, if there are any.
    pub fn note(&self) -> Option<String> {
        let count: usize = self.left_out.values().sum();
        let files = if count == 1 { "file" } else { "files" };
        (count > 0).then(|| {
            format!("{count} {files} in {} left out: {}", self.folder.display(), others(&self.left_out))
        })
    }
}

/// How many files of other kinds there are.
fn others(left_out: &BTreeMap<String, usize>) -> String {
    let kinds: Vec<String> = left_out.iter().map(|(kind, count)| format!("{count} with {kind}")).collect();
    kinds.join(", ")
}

fn ending(path: &Path) -> String {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.map_or_else(|| "no ending".to_owned(), |extension| format!(".{extension}"))
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

/// The names of the folders in a folder, sorted, but for those that begin with a dot.
pub(crate) fn folders(folder: &Path) -> Result<Vec<String>, DataError> {
    let mut names = names(folder)?;
    names.retain(|name| !name.starts_with('.') && folder.join(name).is_dir());
    Ok(names)
}

/// Whether a path names an image file by its ending.
pub(super) fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
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

    fn touch(folder: &Path, files: &[&str]) {
        for file in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, []).unwrap();
        }
    }

    #[test]
    fn images_are_listed_in_one_order() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["b/2.PNG", "b/10.jpeg", "b.bmp", "a/z/1.jpg", "a.jpg", "Z.png"]);
        touch(folder.path(), &["notes.txt", "png", ".hidden.png", ".git/x.png", "a/._1.jpg", "x.png.bak"]);
        fs::create_dir(folder.path().join("folder.png")).unwrap();
        let listing = Listing::new(folder.path()).unwrap();
        let files: Vec<_> = listing.names.iter().collect();
        assert_eq!(files, ["Z.png", "a/z/1.jpg", "a.jpg", "b/10.jpeg", "b/2.PNG", "b.bmp"]);
        let note = listing.note().unwrap();
        assert!(note.ends_with(" left out: 1 with .bak, 1 with .txt, 1 with no ending"), "{note}");
    }

    #[test]
    fn a_folder_that_yields_nothing_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        touch(at, &["notes.txt"]);
        for (path, says) in [
            (at.join("none"), "none does not exist; check the path"),
            (at.join("notes.txt"), "notes.txt is not a folder; name the folder that the data lies in"),
            (
                at.to_owned(),
                " holds no images but 1 with .txt; files ending in .png, .jpg, .jpeg, .jpe, .jfif, .bmp, .gif, .tif, \
                 .tiff or .webp were looked for, in it and in the folders below it",
            ),
        ] {
            let error = Listing::new(&path).unwrap_err().to_string();
            assert!(error.starts_with(at.to_str().unwrap()) && error.ends_with(says), "{error}");
        }
        assert!(names(&at.join("none")).unwrap_err().to_string().ends_with("does not exist; check the path"));
        assert_eq!(names(at).unwrap(), ["notes.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["real/1.png"]);
        std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
        assert_eq!(Listing::new(folder.path()).unwrap().names.len(), 2);
        std::os::unix::fs::symlink("..", folder.path().join("real/up")).unwrap();
        let error = Listing::new(folder.path()).unwrap_err().to_string();
        assert!(error.contains("/up") && error.contains("loop"), "{error}");
        fs::remove_file(folder.path().join("real/up")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("broken.png")).unwrap();
        let error = Listing::new(folder.path()).unwrap_err().to_string();
        assert!(error.contains("cannot read") && error.contains("broken.png"), "{error}");
    }
}
