//! The names by which a command or a recipe asks for data.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::file::at_home;
use crate::nearest::nearest_form;
use crate::{DataError, DataKind, KINDS, LoadOptions, Parts, UsageError};

/// Which data to use, as written in a recipe or on the command line: one of the [`KINDS`] and, where it takes one,
/// a colon and an argument, such as `builtin:glyphs` or `folder:DIR`.
///
/// It is parsed by [`str::parse`] and written by its [`Display`](fmt::Display), which is the inverse: what was
/// parsed is written as it was. `~` at the beginning of a path stands for the home folder.
#[derive(Clone, Debug)]
pub struct DataSpec {
    kind: &'static DataKind,
    argument: String,
}

impl FromStr for DataSpec {
    type Err = UsageError;

    fn from_str(spec: &str) -> Result<Self, UsageError> {
        parse(spec)
            .ok_or_else(|| UsageError::new("data", spec, format!("did you mean {}?", nearest_form(spec))))
    }
}

/// The data of a spec, if it is of a known form.
pub(crate) fn parse(spec: &str) -> Option<DataSpec> {
    KINDS.iter().find_map(|kind| {
        let rest = spec.strip_prefix(kind.name)?;
        let argument = if kind.argument.is_empty() { rest } else { rest.strip_prefix(':')? };
        (kind.accepts)(argument).then(|| DataSpec { kind, argument: argument.to_owned() })
    })
}

impl fmt::Display for DataSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name)?;
        if self.kind.argument.is_empty() { Ok(()) } else { write!(f, ":{}", self.argument) }
    }
}

impl PartialEq for DataSpec {
    fn eq(&self, other: &Self) -> bool {
        (self.kind.name, &self.argument) == (other.kind.name, &other.argument)
    }
}

impl Eq for DataSpec {}

impl Hash for DataSpec {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.kind.name, &self.argument).hash(state);
    }
}

impl DataSpec {
    /// The kind of data.
    pub fn kind(&self) -> &'static DataKind {
        self.kind
    }

    /// Words after the kind and a colon; empty where there are none.
    pub fn argument(&self) -> &str {
        &self.argument
    }

    /// Opens the data as `options` ask for it. Procedural images and those of single files are then in memory; image
    /// files in folders are known by their headers and decoded when they are needed.
    ///
    /// # Errors
    /// When a file or folder is missing, unreadable or malformed, when images in memory would take too much of
    /// it, or when the options are impossible.
    pub fn open(&self, options: &LoadOptions) -> Result<Parts, DataError> {
        let argument = at_home(&self.argument);
        // What was text before is text with the home folder in front, unless that is not.
        let parts = (self.kind.open)(argument.to_str().unwrap_or(&self.argument), options)?;
        parts.with_options(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_round_trip() {
        for (text, kind, argument) in [
            ("builtin:glyphs", "builtin:glyphs", ""),
            ("builtin:scenes", "builtin:scenes", ""),
            ("builtin:scenes-64", "builtin:scenes-64", ""),
            ("mnist:/data/mnist", "mnist", "/data/mnist"),
            (r"idx:C:\data\images", "idx", r"C:\data\images"),
            ("cifar10:.", "cifar10", "."),
            ("folder:a b, c", "folder", "a b, c"),
            ("paired:facades/", "paired", "facades/"),
            ("unpaired:horse,zebra", "unpaired", "horse,zebra"),
        ] {
            let spec: DataSpec = text.parse().unwrap();
            assert_eq!((spec.kind().name, spec.argument()), (kind, argument));
            assert_eq!(spec.to_string(), text);
            assert_eq!(spec, text.parse().unwrap());
        }
        assert_ne!("folder:a".parse::<DataSpec>(), "folder:b".parse::<DataSpec>());
    }

    #[test]
    fn a_missing_folder_is_one_sentence_with_its_path() {
        let options = LoadOptions::default();
        for (spec, says) in [
            ("mnist:/no/such", "/no/such lacks train-images-idx3-ubyte and "),
            ("cifar10:/no/such", "/no/such does not exist; check the path"),
            ("folder:/no/such", "/no/such does not exist; check the path"),
            ("frames:/no/such", "/no/such does not exist; check the path"),
            ("paired:/no/such", "/no/such does not exist; check the path"),
            ("unpaired:/no/such,/nor/such", "/no/such does not exist; check the path"),
            ("idx:/no/such", "cannot read /no/such: "),
            ("image:/no/such", "cannot read /no/such: "),
            ("points:/no/such", "cannot read /no/such: "),
            ("text:/no/such", "cannot read /no/such: "),
        ] {
            let error = spec.parse::<DataSpec>().unwrap().open(&options).unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }

    #[test]
    fn options_apply_to_files_of_many_images_too() {
        let options = LoadOptions {
            seed: 3,
            size: Some(8),
            channels: Some(crate::Channels::Rgb),
            ..LoadOptions::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("two");
        std::fs::write(&file, [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 50, 90]).unwrap();
        let spec: DataSpec = format!("idx:{}", file.display()).parse().unwrap();
        let train = spec.open(&options).unwrap().train;
        assert_eq!((train.shape(), train.image(1).unwrap()), ([3, 8, 8], vec![90; 3 * 64]));
    }
}
