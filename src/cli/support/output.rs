//! Standard output and standard error.

use super::error::CommandError;
use std::io::{ErrorKind, Write};

/// Prints a text. A closed pipe, as in `kiln trace conv | head`, is no failure.
pub fn print(text: &str) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CommandError::other(format!("cannot write to standard output: {error}; check where it goes")))
        }
        _ => Ok(()),
    }
}

/// Says a line on standard error. A closed pipe, as after `2>&1 | head`, is no reason to stop.
pub fn say(line: &str) {
    let _: std::io::Result<()> = writeln!(std::io::stderr().lock(), "{line}");
}

/// Prints a value as JSON.
pub fn print_json(value: &serde_json::Value) -> Result<(), CommandError> {
    print(&format!("{value:#}\n"))
}
