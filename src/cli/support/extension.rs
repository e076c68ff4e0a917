//! Names of files to be written.

use super::error::CommandError;
use std::path::Path;

/// Fails unless the file's extension is that of what will be written.
pub fn check(path: &Path, extension: &str) -> Result<(), CommandError> {
    let shown = path.display();
    if path.is_dir() || path.file_name().is_none() {
        let file = path.join(format!("file.{extension}"));
        return Err(CommandError::usage(format!(
            "{shown} is a folder; name the file to write, such as {}",
            file.display()
        )));
    }
    if path.extension().is_some_and(|have| have.eq_ignore_ascii_case(extension)) {
        return Ok(());
    }
    Err(CommandError::usage(format!(
        "{shown} is no {}, which is what is written; name it {}",
        extension.to_uppercase(),
        path.with_extension(extension).display()
    )))
}
