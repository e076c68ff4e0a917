//! What every reader of files does.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::DataError;

/// A file opened for reading.
pub(crate) fn open(path: &Path) -> Result<BufReader<File>, DataError> {
    File::open(path).map(BufReader::new).map_err(|reason| unreadable(path, reason))
}

/// The content of a file; `None` where it is more than `limit` bytes.
pub(crate) fn content(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, DataError> {
    let mut bytes = Vec::new();
    // The file may grow while it is read, so its length is counted and not asked for.
    let found = open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|reason| unreadable(path, reason))?;
    Ok(Some(bytes).filter(|_| found as u64 <= limit))
}

/// The error of a path that can't be read.
pub(crate) fn unreadable(path: &Path, reason: io::Error) -> DataError {
    DataError::Read { path: path.to_owned(), reason }
}

/// The last part of a path, to call a data set by. A path such as `.` has none and stands for itself.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("five");
        std::fs::write(&path, b"bytes").unwrap();
        assert_eq!(content(&path, 5).unwrap().unwrap(), b"bytes");
        assert_eq!(content(&path, 4).unwrap(), None);
        assert!(matches!(content(folder.path(), 4), Err(DataError::Read { .. })));
        assert!(matches!(content(&path.join("none"), 4), Err(DataError::Read { .. })));
    }

    #[test]
    fn a_path_without_a_last_part_stands_for_itself() {
        assert_eq!(
            (name_of(Path::new("data/faces/")), name_of(Path::new("."))),
            ("faces".into(), ".".into())
        );
    }
}
