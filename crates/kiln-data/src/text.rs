//! Lines of text as samples, their characters as tokens.

use std::path::Path;

use crate::file::{content, name_of};
use crate::{DataError, DataKind, Dataset, Parts, TextUnit};

/// `text:FILE`.
pub const KIND: DataKind = DataKind {
    name: "text",
    argument: "FILE",
    about: "lines of text, with characters as tokens",
    accepts: |file| !file.is_empty(),
    open: |file, _| open(Path::new(file)),
};

/// The largest file that is read, in bytes: 1 GiB.
pub const MAX_BYTES: u64 = 1 << 30;

/// Faults of a file of text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// The file has more than [`MAX_BYTES`].
    #[error("it has more than the {MAX_BYTES} bytes that are read; split it")]
    FileSize,
    /// A line that is no UTF-8.
    #[error("line {0} is not UTF-8 text; save the file in UTF-8")]
    Encoding(usize),
    /// No line that is not blank.
    #[error("it holds no text; write a sample on each line")]
    Empty,
}

/// Opens a file of UTF-8 text, a sample a line. Lines without any text are left out; spaces at the start of others
/// belong to them.
///
/// # Errors
/// When the file can't be read, is not UTF-8, or is blank.
pub fn open(path: &Path) -> Result<Parts, DataError> {
    let refuse = |problem| DataError::Text { path: path.to_owned(), problem };
    let bytes = content(path, MAX_BYTES)?.ok_or_else(|| refuse(TextError::FileSize))?;
    let lines = parse(&bytes).map_err(refuse)?;
    Ok(Parts::new(Dataset::of_texts(name_of(path), lines, TextUnit::Character)?, None))
}

fn parse(bytes: &[u8]) -> Result<Vec<String>, TextError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        TextError::Encoding(1 + before.iter().filter(|&&byte| byte == b'\n').count())
    })?;
    let lines = text.trim_start_matches('\u{FEFF}').lines().map(str::trim_end);
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if lines.is_empty() { Err(TextError::Empty) } else { Ok(lines) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_samples_of_characters() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("play.txt");
        std::fs::write(&path, "\u{FEFF}To be,\r\n\n  or ü\n \n").unwrap();
        let set = open(&path).unwrap().train;
        assert_eq!(
            (set.len(), set.captions().unwrap()),
            (2, &["To be,".to_owned(), "  or ü".to_owned()][..])
        );
        let info = set.info();
        assert_eq!((info.vocabulary.concat(), info.text_length), (" ,Tbeorü".into(), 6));
        assert_eq!(info.image, None);
        for (bytes, says) in [(&b"a\n\xFF"[..], "line 2 is not UTF-8 text"), (b" \n\n", "it holds no text")] {
            std::fs::write(&path, bytes).unwrap();
            let error = open(&path).unwrap_err().to_string();
            assert!(error.contains("play.txt is not usable: ") && error.contains(says), "{error}");
        }
    }
}
