//! What every reader of files does.

use std::env::home_dir;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf, is_separator};

use crate::DataError;

/// A regular file opened for reading. Anything else is refused before it is opened: opening a pipe waits for a writer.
pub(crate) fn open(path: &Path) -> Result<BufReader<File>, DataError> {
    let found = fs::metadata(path).map_err(|reason| unreadable(path, reason))?;
    if found.is_dir() {
        return Err(DataError::IsFolder { path: path.to_owned() });
    }
    if !found.is_file() {
        return Err(DataError::NotRegular { path: path.to_owned() });
    }
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

/// A path in which `~` at the beginning stands for the home folder, as in a shell, which doesn't see it behind
/// `folder:`.
pub(crate) fn at_home(path: &str) -> PathBuf {
    let inside =
        path.strip_prefix('~').filter(|inside| inside.is_empty() || inside.starts_with(is_separator));
    match (inside, home_dir()) {
        (Some(inside), Some(home)) => home.join(inside.trim_start_matches(is_separator)),
        _ => PathBuf::from(path),
    }
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
        assert!(matches!(content(folder.path(), 4), Err(DataError::IsFolder { .. })));
        assert!(matches!(content(&path.join("none"), 4), Err(DataError::Read { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_refused_without_waiting_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        // A socket stands for a pipe, which the standard library can't make.
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        for path in [&path, Path::new("/dev/null")] {
            let error = open(path).unwrap_err().to_string();
            assert!(error.contains("is no regular file but a pipe, a socket or a device"), "{error}");
        }
    }

    #[test]
    fn a_tilde_is_the_home_folder() {
        let home = home_dir().unwrap();
        for (path, want) in [
            ("~", home.clone()),
            ("~/x/y", home.join("x/y")),
            ("~x/y", "~x/y".into()),
            ("x/~", "x/~".into()),
            ("/~", "/~".into()),
        ] {
            assert_eq!(at_home(path), want, "{path}");
        }
    }

    #[test]
    fn a_path_without_a_last_part_stands_for_itself() {
        assert_eq!(
            (name_of(Path::new("data/faces/")), name_of(Path::new("."))),
            ("faces".into(), ".".into())
        );
    }
}
