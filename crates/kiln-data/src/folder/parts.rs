//! The part to train on, and the part held out.

use std::path::Path;

use super::list::is_image;
use crate::DataError;
use crate::tree::FileTree;

/// Names of the part to train on, in small letters.
pub(crate) const TRAIN: [&str; 2] = ["train", "training"];

/// Names of the part held out, in small letters, the first choice first.
pub(crate) const HELD_OUT: [&str; 6] = ["test", "testing", "val", "valid", "validation", "dev"];

/// The folders of the two parts.
#[derive(Clone, Debug)]
pub(crate) struct PartFolders {
    /// The part to train on.
    pub train: FileTree,
    /// The part held out.
    pub test: Option<FileTree>,
    /// Sentences on what was left out, or taken for something else than its name says.
    pub notes: Vec<String>,
}

impl PartFolders {
    /// The parts of a folder that holds one called `train` and another that is held out by its name, or `train`
    /// alone; otherwise it is itself what to train on.
    pub fn of(folder: &FileTree) -> Result<PartFolders, DataError> {
        let found = folder.folders()?;
        let named = |names: &[&str]| -> Vec<&String> {
            let of_name = |name: &&str| {
                found.iter().filter(move |folder| folder.to_lowercase() == *name).collect::<Vec<_>>()
            };
            names.iter().flat_map(of_name).collect()
        };
        let (train, held_out) = (named(&TRAIN), named(&HELD_OUT));
        let whole = PartFolders { train: folder.clone(), test: None, notes: Vec::new() };
        let Some((&first, more)) = train.split_first() else { return Ok(whole) };
        let is_part = |name: &&String| train.contains(name) || held_out.contains(name);
        let others: Vec<&String> = found.iter().filter(|name| !is_part(name)).collect();
        if held_out.is_empty() && !others.is_empty() {
            let note = format!(
                "the folder {first} is taken for a class, as there are others and none is called test or val"
            );
            return Ok(PartFolders { notes: vec![note], ..whole });
        }
        let test = held_out.first().map(|name| folder.join(name));
        let left_out: Vec<&str> =
            more.iter().chain(held_out.iter().skip(1)).chain(&others).map(|name| name.as_str()).collect();
        let mut notes = Vec::new();
        if !left_out.is_empty() {
            let held_out = held_out.first().map_or("nothing", |name| name.as_str());
            let are = if left_out.len() == 1 { "is" } else { "are" };
            notes.push(format!(
                "trained on is {first}, held out is {held_out}; {} {are} left out",
                left_out.join(", ")
            ));
        }
        let names = folder.names()?;
        let loose = names.iter().filter(|name| is_image(Path::new(name)) && !found.contains(name)).count();
        if loose > 0 {
            notes.push(format!("{loose} images beside the folder {first} are left out"));
        }
        Ok(PartFolders { train: folder.join(first), test, notes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(dirs: &[&str]) -> (Option<String>, Option<String>, String) {
        let folder = tempfile::tempdir().unwrap();
        for dir in dirs {
            std::fs::create_dir(folder.path().join(dir)).unwrap();
        }
        let parts = PartFolders::of(&FileTree::Folder(folder.path().to_owned())).unwrap();
        let name = |tree: &FileTree| {
            let path = tree.path();
            let inside = path.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned();
            Some(inside).filter(|inside| !inside.is_empty())
        };
        (name(&parts.train), parts.test.as_ref().and_then(name), parts.notes.join("; "))
    }

    #[test]
    fn parts_are_known_by_their_names() {
        for (dirs, train, test, says) in [
            (&["train", "test"][..], "train", Some("test"), ""),
            (&["Train", "Test"], "Train", Some("Test"), ""),
            (&["training", "testing"], "training", Some("testing"), ""),
            (&["train"], "train", None, ""),
            (
                &["train", "test", "val"],
                "train",
                Some("test"),
                "trained on is train, held out is test; val is left out",
            ),
            (
                &["Validation", "other", "TRAIN"],
                "TRAIN",
                Some("Validation"),
                "trained on is TRAIN, held out is Validation; other is left out",
            ),
        ] {
            let test = test.map(str::to_owned);
            assert_eq!(parts(dirs), (Some(train.to_owned()), test, says.to_owned()), "{dirs:?}");
        }
    }

    #[test]
    fn a_class_may_be_called_train() {
        let (train, test, note) = parts(&["bus", "car", "train"]);
        assert_eq!((train, test), (None, None));
        assert!(note.starts_with("the folder train is taken for a class, as there are others"), "{note}");
        assert_eq!(parts(&["bus", "car"]), (None, None, String::new()));
    }
}
