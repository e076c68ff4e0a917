//! The names by which a command or a recipe asks for data.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::{DataError, Source, glyphs, idx};

/// Which data to use, as written in a recipe or on the command line:
///
/// | spec | data |
/// |---|---|
/// | `builtin:glyphs` | procedural handwritten digits, see [`glyphs`] |
/// | `mnist:DIR` | a folder in MNIST's layout, see [`idx::mnist`] |
/// | `idx:FILE` | one IDX file of images, see [`idx::images`] |
///
/// It is parsed by [`str::parse`] and written by its [`Display`](fmt::Display), which is its own
/// inverse.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataSpec {
    /// `builtin:glyphs`.
    Glyphs,
    /// `mnist:DIR`, with the folder.
    Mnist(PathBuf),
    /// `idx:FILE`, with the images file.
    Idx(PathBuf),
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

/// Each kind with what follows its colon.
const FORMS: [(&str, &str); 3] = [("builtin", "glyphs"), ("mnist", "DIR"), ("idx", "FILE")];

impl FromStr for DataSpec {
    type Err = SpecError;

    fn from_str(spec: &str) -> Result<Self, SpecError> {
        match spec.split_once(':') {
            Some(("builtin", "glyphs")) => Ok(DataSpec::Glyphs),
            Some(("mnist", path)) if !path.is_empty() => Ok(DataSpec::Mnist(path.into())),
            Some(("idx", path)) if !path.is_empty() => Ok(DataSpec::Idx(path.into())),
            _ => Err(SpecError { spec: spec.to_owned(), suggestion: nearest_form(spec) }),
        }
    }
}

impl fmt::Display for DataSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataSpec::Glyphs => f.write_str("builtin:glyphs"),
            DataSpec::Mnist(folder) => write!(f, "mnist:{}", folder.display()),
            DataSpec::Idx(file) => write!(f, "idx:{}", file.display()),
        }
    }
}

impl DataSpec {
    /// Loads the data. Procedural sets are drawn from `seed`; files are what they are.
    ///
    /// # Errors
    /// When a file is missing, unreadable or malformed.
    pub fn load(&self, seed: u64) -> Result<Source, DataError> {
        match self {
            DataSpec::Glyphs => Ok(glyphs::source(seed)),
            DataSpec::Mnist(folder) => idx::mnist(folder),
            DataSpec::Idx(file) => Ok(Source { train: idx::images(file)?, test: None }),
        }
    }
}

/// The form that `spec` comes closest to, keeping a path that was given.
fn nearest_form(spec: &str) -> String {
    let (kind, rest) = match spec.split_once(':') {
        Some((kind, rest)) => (kind, rest),
        // A bare path: by its look a file of images, or a folder of them.
        None if spec.contains("ubyte") || spec.contains("idx3") => return format!("idx:{spec}"),
        None if spec.contains(['/', '\\']) => return format!("mnist:{spec}"),
        None if distance("glyphs", spec) < 4 => return "builtin:glyphs".to_owned(),
        None => (spec, ""),
    };
    let lower = kind.to_lowercase();
    let nearest = FORMS.iter().min_by_key(|(form, _)| distance(form, &lower));
    match nearest {
        Some((form, argument)) if distance(form, &lower) <= form.len() / 2 => {
            let keep = *form != "builtin" && !rest.is_empty();
            format!("{form}:{}", if keep { rest } else { argument })
        }
        _ => {
            let all = FORMS.map(|(form, argument)| format!("{form}:{argument}"));
            all.join(" or ")
        }
    }
}

/// Levenshtein's distance: the insertions, deletions and substitutions of characters between two
/// words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_round_trip() {
        for (text, spec) in [
            ("builtin:glyphs", DataSpec::Glyphs),
            ("mnist:/data/mnist", DataSpec::Mnist("/data/mnist".into())),
            (r"idx:C:\data\images", DataSpec::Idx(r"C:\data\images".into())),
        ] {
            assert_eq!(text.parse::<DataSpec>().unwrap(), spec);
            assert_eq!(spec.to_string(), text);
        }
    }

    #[test]
    fn mistakes_are_answered_with_the_nearest_form() {
        for (wrong, right) in [
            ("builtin:glyph", "builtin:glyphs"),
            ("builtin", "builtin:glyphs"),
            ("glyphs", "builtin:glyphs"),
            ("built-in:glyphs", "builtin:glyphs"),
            ("mnist", "mnist:DIR"),
            ("mnist:", "mnist:DIR"),
            ("mnsit:data/x", "mnist:data/x"),
            ("MNIST:data/x", "mnist:data/x"),
            ("idx", "idx:FILE"),
            ("data/mnist", "mnist:data/mnist"),
            ("data/train-images-idx3-ubyte.gz", "idx:data/train-images-idx3-ubyte.gz"),
            ("", "builtin:glyphs or mnist:DIR or idx:FILE"),
            ("parquet:x", "builtin:glyphs or mnist:DIR or idx:FILE"),
        ] {
            let error = wrong.parse::<DataSpec>().unwrap_err();
            assert_eq!(error.suggestion, right, "for {wrong:?}");
            assert!(error.to_string().contains(right));
        }
    }

    #[test]
    fn a_missing_folder_is_one_sentence_with_its_path() {
        let error = DataSpec::Mnist("/no/such".into()).load(0).unwrap_err().to_string();
        assert!(error.starts_with("/no/such lacks train-images-idx3-ubyte and "), "{error}");
    }
}
