//! The names by which a command or a recipe asks for data.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::nearest::nearest_form;
use crate::{DataError, LoadOptions, Source, cifar, folder, glyphs, idx, pairs, scenes};

/// Which data to use, as written in a recipe or on the command line:
///
/// | spec | data |
/// |---|---|
/// | `builtin:glyphs` | procedural handwritten digits, see [`glyphs`] |
/// | `builtin:scenes` | procedural scenes of coloured shapes, 32×32, see [`scenes`] |
/// | `builtin:scenes-64` | the same, 64×64 |
/// | `mnist:DIR` | a folder in MNIST's layout, see [`idx::mnist`] |
/// | `idx:FILE` | one IDX file of images, see [`idx::images`] |
/// | `cifar10:DIR` | CIFAR-10 in its binary version, see [`cifar::cifar10`] |
/// | `folder:DIR` | a folder of image files, see [`folder`] |
/// | `paired:DIR` | a folder of pairs of images, see [`pairs::paired`] |
/// | `unpaired:DIR,DIR` | two folders of images, see [`pairs::unpaired`] |
///
/// It is parsed by [`str::parse`] and written by its [`Display`](fmt::Display), which is the inverse: what was
/// parsed is written as it was. The folders of `unpaired` can't have a comma in their paths.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataSpec {
    /// `builtin:glyphs`.
    Glyphs,
    /// `builtin:scenes` or `builtin:scenes-64`.
    Scenes {
        /// Height and width of an image.
        size: usize,
    },
    /// `mnist:DIR`, with the folder.
    Mnist(PathBuf),
    /// `idx:FILE`, with the images file.
    Idx(PathBuf),
    /// `cifar10:DIR`, with the folder.
    Cifar10(PathBuf),
    /// `folder:DIR`, with the folder.
    Folder(PathBuf),
    /// `paired:DIR`, with the folder.
    Paired(PathBuf),
    /// `unpaired:DIR,DIR`, with the folders.
    Unpaired(PathBuf, PathBuf),
}

/// A data spec that is none of the known forms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{spec:?} names no data; did you mean {suggestion}?")]
pub struct SpecError {
    /// What was written.
    pub spec: String,
    /// The nearest form that is understood.
    pub suggestion: String,
}

/// The procedural sets.
pub(crate) const BUILTIN: [(&str, DataSpec); 3] = [
    ("glyphs", DataSpec::Glyphs),
    ("scenes", DataSpec::Scenes { size: 32 }),
    ("scenes-64", DataSpec::Scenes { size: 64 }),
];

/// Each other kind, with what follows its colon.
pub(crate) const KINDS: [(&str, &str); 6] = [
    ("mnist", "DIR"),
    ("idx", "FILE"),
    ("cifar10", "DIR"),
    ("folder", "DIR"),
    ("paired", "DIR"),
    ("unpaired", "DIR,DIR"),
];

impl FromStr for DataSpec {
    type Err = SpecError;

    fn from_str(spec: &str) -> Result<Self, SpecError> {
        parse(spec).ok_or_else(|| SpecError { spec: spec.to_owned(), suggestion: nearest_form(spec) })
    }
}

/// The data of a spec, if it is of a known form.
pub(crate) fn parse(spec: &str) -> Option<DataSpec> {
    let (kind, rest) = spec.split_once(':')?;
    if kind == "builtin" {
        return BUILTIN.into_iter().find_map(|(name, spec)| (name == rest).then_some(spec));
    }
    let path = Some(rest).filter(|rest| !rest.is_empty()).map(PathBuf::from)?;
    match kind {
        "mnist" => Some(DataSpec::Mnist(path)),
        "idx" => Some(DataSpec::Idx(path)),
        "cifar10" => Some(DataSpec::Cifar10(path)),
        "folder" => Some(DataSpec::Folder(path)),
        "paired" => Some(DataSpec::Paired(path)),
        "unpaired" => {
            let (a, b) = rest.split_once(',')?;
            let two = !a.is_empty() && !b.is_empty() && !b.contains(',');
            two.then(|| DataSpec::Unpaired(a.into(), b.into()))
        }
        _ => None,
    }
}

impl fmt::Display for DataSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataSpec::Glyphs => f.write_str("builtin:glyphs"),
            DataSpec::Scenes { size: 32 } => f.write_str("builtin:scenes"),
            DataSpec::Scenes { size } => write!(f, "builtin:scenes-{size}"),
            DataSpec::Mnist(folder) => write!(f, "mnist:{}", folder.display()),
            DataSpec::Idx(file) => write!(f, "idx:{}", file.display()),
            DataSpec::Cifar10(folder) => write!(f, "cifar10:{}", folder.display()),
            DataSpec::Folder(folder) => write!(f, "folder:{}", folder.display()),
            DataSpec::Paired(folder) => write!(f, "paired:{}", folder.display()),
            DataSpec::Unpaired(a, b) => write!(f, "unpaired:{},{}", a.display(), b.display()),
        }
    }
}

impl DataSpec {
    /// Loads the data as `options` ask for it.
    ///
    /// # Errors
    /// When a file or folder is missing, unreadable or malformed, when the images would take too much
    /// memory, or when the options are impossible.
    pub fn load(&self, options: &LoadOptions) -> Result<Source, DataError> {
        match self {
            DataSpec::Glyphs => glyphs::source(options.seed).converted(options),
            DataSpec::Scenes { size } => scenes::source(options.seed, *size).converted(options),
            DataSpec::Mnist(folder) => idx::mnist(folder)?.converted(options),
            DataSpec::Idx(file) => Source { train: idx::images(file)?, test: None }.converted(options),
            DataSpec::Cifar10(folder) => cifar::cifar10(folder)?.converted(options),
            DataSpec::Folder(folder) => folder::load(folder, options),
            DataSpec::Paired(folder) => pairs::paired(folder, options),
            DataSpec::Unpaired(a, b) => pairs::unpaired(a, b, options),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_round_trip() {
        for (text, spec) in [
            ("builtin:glyphs", DataSpec::Glyphs),
            ("builtin:scenes", DataSpec::Scenes { size: 32 }),
            ("builtin:scenes-64", DataSpec::Scenes { size: 64 }),
            ("mnist:/data/mnist", DataSpec::Mnist("/data/mnist".into())),
            (r"idx:C:\data\images", DataSpec::Idx(r"C:\data\images".into())),
            ("cifar10:.", DataSpec::Cifar10(".".into())),
            ("folder:a b, c", DataSpec::Folder("a b, c".into())),
            ("paired:facades/", DataSpec::Paired("facades/".into())),
            ("unpaired:horse,zebra", DataSpec::Unpaired("horse".into(), "zebra".into())),
        ] {
            assert_eq!(text.parse::<DataSpec>().unwrap(), spec);
            assert_eq!(spec.to_string(), text);
        }
    }

    #[test]
    fn a_missing_folder_is_one_sentence_with_its_path() {
        let options = LoadOptions::default();
        for (spec, says) in [
            ("mnist:/no/such", "/no/such lacks train-images-idx3-ubyte and "),
            ("cifar10:/no/such", "/no/such does not exist; check the path"),
            ("folder:/no/such", "/no/such does not exist; check the path"),
            ("paired:/no/such", "/no/such does not exist; check the path"),
            ("unpaired:/no/such,/nor/such", "/no/such does not exist; check the path"),
            ("idx:/no/such", "cannot read /no/such: "),
        ] {
            let error = spec.parse::<DataSpec>().unwrap().load(&options).unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }

    #[test]
    fn options_apply_to_every_kind() {
        let options = LoadOptions {
            seed: 3,
            size: Some(8),
            channels: Some(crate::Channels::Rgb),
            ..LoadOptions::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("two");
        std::fs::write(&file, [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 50, 90]).unwrap();
        let train = DataSpec::Idx(file).load(&options).unwrap().train;
        assert_eq!((train.shape(), train.image(1)), ([3, 8, 8], &[90; 3 * 64][..]));
    }
}
