//! Which tests were skipped, and why.
//!
//! Some tests need what is not everywhere: a browser, a GPU, a data set. Where it is missing they pass without having
//! tested anything, and Rust's test harness hides what a test that passes prints. So they say it here: [`skip`] prints
//! past the harness, and keeps a note of it for the summary, the last of all tests of a `cargo test`.

use std::collections::BTreeMap;
use std::env;
use std::fmt::{Display, Write as _};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;

/// Says that the test that calls this is skipped, and why: what is missing, and how to have it.
///
/// # Panics
/// When the note can't be written: a test must not be skipped in silence.
pub fn skip(reason: impl Display) {
    let program = env::current_exe().expect("a test is a program");
    let note = Note::new(&program, thread::current().name().unwrap_or_default(), &reason.to_string());
    // Written to directly, because the harness keeps what is printed by the macros to itself.
    writeln!(io::stderr(), "SKIPPED {}: {}", note.test, note.reason)
        .expect("standard error can be written to");
    note.keep(&notes(&program)).expect("the folder of the test can be written to");
}

/// The tests that were skipped in this `cargo test`, by their reasons, as text. They are forgotten after that.
///
/// # Errors
/// When the notes can't be read.
pub fn summary() -> io::Result<String> {
    let notes = notes(&env::current_exe()?);
    let text = match fs::read_to_string(&notes) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    if !text.is_empty() {
        fs::remove_file(&notes)?;
    }
    Ok(summarized(&text))
}

/// A test that was skipped.
struct Note {
    test: String,
    reason: String,
}

impl Note {
    fn new(program: &Path, test: &str, reason: &str) -> Note {
        let stem = program.file_stem().unwrap_or_default().to_string_lossy();
        // Without the hash that cargo appends.
        let program = stem.rsplit_once('-').map_or(&*stem, |(name, _)| name);
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        Note { test: format!("{program}::{test}"), reason }
    }

    /// Adds the note to a file.
    fn keep(&self, path: &Path) -> io::Result<()> {
        let line = format!("{}\t{}\n", self.reason, self.test);
        File::options().append(true).create(true).open(path)?.write_all(line.as_bytes())
    }
}

/// The file with the notes of this `cargo test`, beside the programs that cargo builds.
fn notes(program: &Path) -> PathBuf {
    let folder = program.ancestors().nth(2).unwrap_or(Path::new("."));
    folder.join(format!("skipped-tests-{}.txt", session()))
}

/// A number that all programs of one `cargo test` have in common, and as far as possible no others: that of cargo's
/// process.
fn session() -> u32 {
    #[cfg(unix)]
    return std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    return 0;
}

fn summarized(notes: &str) -> String {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (reason, test) in notes.lines().filter_map(|line| line.split_once('\t')) {
        reasons.entry(reason).or_default().push(test);
    }
    let mut count = 0;
    let mut text = String::new();
    for (reason, tests) in &mut reasons {
        tests.sort_unstable();
        tests.dedup();
        count += tests.len();
        let _ = writeln!(text, "\n  {} skipped: {reason}", tests.len());
        for test in tests {
            let _ = writeln!(text, "      {test}");
        }
    }
    match count {
        0 => "\nno test was skipped\n".to_owned(),
        1 => format!("\n1 TEST WAS SKIPPED: it passed without testing anything\n{text}"),
        _ => format!("\n{count} TESTS WERE SKIPPED: they passed without testing anything\n{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_told_by_their_reasons() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        for (program, test, reason) in [
            ("deps/browser-0a1b", "pages_are_drawn", "there is no\n browser"),
            ("deps/browser-0a1b", "curves_are_drawn", "there is no browser"),
            ("deps/kiln_data-77", "real_mnist", "there is no data"),
            ("deps/browser-0a1b", "pages_are_drawn", "there is no browser"),
        ] {
            Note::new(Path::new(program), test, reason).keep(&path).unwrap();
        }
        let text = summarized(&fs::read_to_string(path).unwrap());
        let expected = "\n3 TESTS WERE SKIPPED: they passed without testing anything\n\
            \n  2 skipped: there is no browser\n      browser::curves_are_drawn\n      browser::pages_are_drawn\n\
            \n  1 skipped: there is no data\n      kiln_data::real_mnist\n";
        assert_eq!(text, expected);
        assert_eq!(summarized(""), "\nno test was skipped\n");
    }

    #[test]
    fn the_notes_of_a_test_run_are_in_one_place() {
        let of = |program: &str| notes(Path::new(program));
        assert_eq!(of("/t/debug/deps/browser-0a"), of("/t/debug/deps/summary-1b"));
        assert!(of("/t/debug/deps/summary-1b").starts_with("/t/debug"));
    }
}
