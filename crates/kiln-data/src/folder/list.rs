//! The files in a folder, in an order that does not depend on the file system.

use std::collections::BTreeMap;
use std::path::Path;

use super::{FolderError, captions};
use crate::DataError;
use crate::pixels::FileNames;
use crate::tree::{FileTree, Found};

/// How the names of image files end, in small letters.
pub const EXTENSIONS: [&str; 10] = ["png", "jpg", "jpeg", "jpe", "jfif", "bmp", "gif", "tif", "tiff", "webp"];

/// The image files of a folder: at least one.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    /// The folder.
    pub tree: FileTree,
    /// Their paths from the folder on, with `/`, sorted name by name.
    pub names: FileNames,
    /// Number of other files, by how their names end.
    pub left_out: BTreeMap<String, usize>,
}

impl Listing {
    /// The image files of a folder and of those below it.
    pub fn new(tree: &FileTree) -> Result<Listing, DataError> {
        let (mut names, mut left_out) = (FileNames::default(), BTreeMap::<String, usize>::new());
        tree.walk(&mut |found| {
            let other = match found {
                Found::File(name) if name.rsplit('/').next() == Some(captions::FILE_NAME) => return,
                Found::File(name) if is_image(Path::new(name)) => return names.push(name),
                Found::File(name) => ending(Path::new(name)),
                Found::Unnamed(path) if is_image(path) => "a name that is not UTF-8".to_owned(),
                Found::Unnamed(path) => ending(path),
                Found::Irregular => "a link, a pipe or a device instead of content".to_owned(),
            };
            *left_out.entry(other).or_default() += 1;
        })?;
        if names.len() == 0 {
            return Err(FolderError::NoImages { others: others(&left_out) }.of(&tree.path()));
        }
        names.shrink();
        Ok(Listing { tree: tree.clone(), names, left_out })
    }

    /// A sentence about files that are not images by their endings, if there are any.
    pub fn note(&self) -> Option<String> {
        let count: usize = self.left_out.values().sum();
        let files = if count == 1 { "file" } else { "files" };
        (count > 0).then(|| {
            format!("{count} {files} in {} left out: {}", self.tree.path().display(), others(&self.left_out))
        })
    }
}

/// Numbers of files of other kinds.
fn others(left_out: &BTreeMap<String, usize>) -> String {
    let kinds: Vec<String> = left_out.iter().map(|(kind, count)| format!("{count} with {kind}")).collect();
    kinds.join(", ")
}

fn ending(path: &Path) -> String {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.map_or_else(|| "no ending".to_owned(), |extension| format!(".{extension}"))
}

/// Whether a path names an image file by its ending.
pub(super) fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn listing(folder: &Path) -> Result<Listing, DataError> {
        Listing::new(&FileTree::Folder(folder.to_owned()))
    }

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
        let listing = listing(folder.path()).unwrap();
        let files: Vec<_> = listing.names.iter().collect();
        assert_eq!(files, ["Z.png", "a/z/1.jpg", "a.jpg", "b/10.jpeg", "b/2.PNG", "b.bmp"]);
        let note = listing.note().unwrap();
        assert!(note.ends_with(" left out: 1 with .bak, 1 with .txt, 1 with no ending"), "{note}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["real/1.png"]);
        std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
        assert_eq!(listing(folder.path()).unwrap().names.len(), 2);
        std::os::unix::fs::symlink("..", folder.path().join("real/up")).unwrap();
        let error = listing(folder.path()).unwrap_err().to_string();
        assert!(error.contains("/up") && error.contains("loop"), "{error}");
        fs::remove_file(folder.path().join("real/up")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("broken.png")).unwrap();
        let error = listing(folder.path()).unwrap_err().to_string();
        assert!(error.contains("cannot read") && error.contains("broken.png"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_left_out_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["1.png"]);
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("2.png")).unwrap();
        let note = listing(folder.path()).unwrap().note().unwrap();
        assert!(note.ends_with("left out: 1 with a link, a pipe or a device instead of content"), "{note}");
    }
}
