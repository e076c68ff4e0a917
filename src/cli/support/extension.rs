//! Names of files to be written.

use super::error::CommandError;
use std::path::Path;

/// Fails unless the file's extension is that of what will be written.
pub fn check(path: &Path, extension: &str) -> Result<(), CommandError> {
    if path.extension().is_some_and(|have| have.eq_ignore_ascii_case(extension)) {
        return Ok(());
    }
    Err(CommandError::usage(format!(
        "{} is no {}, which is what is written; name it {}",
        path.display(),
        extension.to_uppercase(),
        path.with_extension(extension).display()
    )))
}
