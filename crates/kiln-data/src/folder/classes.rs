//! Labels from folders.

use std::collections::BTreeSet;

use super::{FolderError, Listing};
use crate::{DataError, Dataset};

/// The classes of the part to train on: the names of its first-level folders, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Classes<'a>(Vec<&'a str>);

impl<'a> Classes<'a> {
    /// The classes, if all images lie in first-level folders and there are at least two of these.
    pub fn of(train: &'a Listing) -> Option<Classes<'a>> {
        let folders: Option<BTreeSet<&str>> = train.names.iter().map(first_folder).collect();
        folders.filter(|folders| folders.len() > 1).map(|folders| Classes(folders.into_iter().collect()))
    }

    /// The label of every image of a part.
    pub fn labels(&self, part: &Listing) -> Result<Vec<u32>, DataError> {
        let label = |file: &str| {
            let class = first_folder(file).and_then(|folder| self.0.binary_search(&folder).ok());
            class.map(|class| class as u32).ok_or_else(|| {
                let classes = self.names().join(", ");
                FolderError::NoClass { file: file.to_owned(), classes }.of(&part.tree.path())
            })
        };
        part.names.iter().map(label).collect()
    }

    /// The images of a part with their labels.
    pub fn attach(&self, set: Dataset, labels: Vec<u32>) -> Result<Dataset, DataError> {
        set.with_labels(labels, self.0.len())?.with_class_names(self.names())
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|name| (*name).to_owned()).collect()
    }
}

/// The first-level folder that a file lies in, by its path from the folder on.
pub(crate) fn first_folder(file: &str) -> Option<&str> {
    file.split_once('/').map(|(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::FileTree;

    fn listing(files: &[&str]) -> Listing {
        let names = files.iter().copied().collect();
        Listing { tree: FileTree::Folder("data".into()), names, left_out: Default::default() }
    }

    #[test]
    fn first_level_folders_are_classes() {
        let train = listing(&["cat/1.png", "cat/old/2.png", "dog/1.png"]);
        let classes = Classes::of(&train).unwrap();
        assert_eq!(
            (classes.names(), classes.labels(&train).unwrap()),
            (vec!["cat".into(), "dog".into()], vec![0, 0, 1])
        );
        assert_eq!(classes.labels(&listing(&["dog/x.png"])).unwrap(), [1]);
        for files in [&["eel/1.png"], &["1.png"]] {
            let error = classes.labels(&listing(files)).unwrap_err().to_string();
            let says = format!(
                "data holds {}, which lies in none of the class folders to train on (cat, dog)",
                files[0]
            );
            assert!(error.starts_with(&says), "{error}");
        }
    }

    #[test]
    fn one_folder_or_a_stray_image_makes_no_classes() {
        for files in [&["cat/1.png", "cat/2.png"][..], &["1.png", "cat/1.png", "dog/1.png"], &["1.png"]] {
            assert_eq!(Classes::of(&listing(files)), None, "{files:?}");
        }
    }
}
