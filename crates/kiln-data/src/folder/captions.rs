//! Captions beside images.
//!
//! A file `captions.tsv` in a folder of images describes them, one line each: the file, a tab, the
//! caption, and after another tab whatever else there is, which is ignored. The file is written as its path
//! from that folder on, with `/`, or by its name alone. A first line whose file is no image by its ending
//! is a heading. Where several lines are about one file, the first counts. Every image needs a caption;
//! lines about other files do no harm, so the folder around `train` and `test` may hold one
//! `captions.tsv` for both.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Listing, list};
use crate::DataError;
use crate::tree::FileTree;

/// Name of the file.
pub const FILE_NAME: &str = "captions.tsv";

/// The largest file that is read, in bytes: 256 MiB.
pub const MAX_BYTES: u64 = 1 << 28;

/// Faults of a file of captions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaptionsError {
    /// The file has more than [`MAX_BYTES`].
    #[error("it has more than the {MAX_BYTES} bytes that are read; shorten it")]
    FileSize,
    /// A line that is no UTF-8.
    #[error("line {0} is not UTF-8 text; save the file in UTF-8")]
    Encoding(usize),
    /// A line without a tab.
    #[error("line {0} has no tab between a file and its caption; write one")]
    NoTab(usize),
    /// An image without a caption.
    #[error("it has no caption for {file}; add a line for it, or remove the image")]
    Absent {
        /// The image.
        file: PathBuf,
    },
}

/// The captions in the text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptionFile<'a>(HashMap<&'a str, &'a str>);

/// Reads captions from the bytes of a file.
///
/// # Errors
/// When a line is not UTF-8, or has no tab and is not blank.
pub fn parse(bytes: &[u8]) -> Result<CaptionFile<'_>, CaptionsError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        CaptionsError::Encoding(1 + before.iter().filter(|&&byte| byte == b'\n').count())
    })?;
    let mut captions = HashMap::new();
    for (at, line) in text.trim_start_matches('\u{FEFF}').lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let (file, rest) = line.split_once('\t').ok_or(CaptionsError::NoTab(at + 1))?;
        if at == 0 && !list::is_image(Path::new(file)) {
            continue;
        }
        let caption = rest.split('\t').next().unwrap_or_default();
        captions.entry(file.strip_prefix("./").unwrap_or(file)).or_insert(caption.trim());
    }
    Ok(CaptionFile(captions))
}

impl<'a> CaptionFile<'a> {
    /// The caption of a file, by its path from the folder on, or else by its name.
    pub fn get(&self, file: &Path) -> Option<&'a str> {
        let parts: Option<Vec<&str>> = file.iter().map(|part| part.to_str()).collect();
        let parts = parts?;
        let caption = self.0.get(parts.join("/").as_str());
        caption.or_else(|| self.0.get(parts.last()?)).copied()
    }

    /// Number of files that have one.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The captions of all images of a part, if a file of captions lies in its folder or else in `around`, the
/// folder of the whole data set.
pub(crate) fn read(part: &Listing, around: &FileTree) -> Result<Option<Vec<String>>, DataError> {
    let Some(tree) = [&part.tree, around].into_iter().find(|tree| tree.holds(FILE_NAME)) else {
        return Ok(None);
    };
    let path = tree.path_of(FILE_NAME);
    let refuse = |problem| DataError::Captions { path: path.clone(), problem };
    let bytes = tree.content(FILE_NAME, MAX_BYTES)?.ok_or_else(|| refuse(CaptionsError::FileSize))?;
    let captions = parse(&bytes).map_err(refuse)?;
    let part_path = part.tree.path();
    let inside = part_path.strip_prefix(tree.path()).unwrap_or(Path::new(""));
    let caption = |file: &str| {
        let file = inside.join(file);
        captions.get(&file).map(str::to_owned).ok_or_else(|| refuse(CaptionsError::Absent { file }))
    };
    part.names.iter().map(caption).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get<'a>(captions: &CaptionFile<'a>, file: &str) -> Option<&'a str> {
        captions.get(Path::new(file))
    }

    #[test]
    fn lines_are_found_by_path_or_name() {
        let text =
            "file\tcaption\n\na/1.png\tone \textra\r\n1.png\tother\n./b/2.png\ttwo\n1.png\tlate\n3.png\t\n";
        for start in ["", "\u{FEFF}"] {
            let text = format!("{start}{text}");
            let captions = parse(text.as_bytes()).unwrap();
            assert_eq!(captions.len(), 4);
            assert_eq!((get(&captions, "a/1.png"), get(&captions, "b/1.png")), (Some("one"), Some("other")));
            assert_eq!((get(&captions, "b/2.png"), get(&captions, "c/3.png")), (Some("two"), Some("")));
            assert_eq!((get(&captions, "2.png"), get(&captions, "file")), (None, None));
        }
        assert!(parse(b"").unwrap().is_empty());
        assert_eq!(get(&parse(b"1.JPG\tx").unwrap(), "1.JPG"), Some("x"));
    }

    #[test]
    fn malformed_lines_are_numbered() {
        for (text, says) in [
            (&b"1.png\tx\n2.png y\n"[..], "line 2 has no tab between a file and its caption"),
            (b"1.png\tx\n2.png\t\xFF\n", "line 2 is not UTF-8 text"),
            (b"\xFF", "line 1 is not UTF-8 text"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(says), "{says:?} is not in {error:?}");
        }
    }
}
