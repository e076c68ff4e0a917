//! Files of a run that may come from anywhere.

use std::fs;
use std::io;
use std::path::Path;

/// The content of a file, which must be one itself: a link could lead to what is not the run's, and a pipe would be
/// waited for.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    fs::read(path)
}
