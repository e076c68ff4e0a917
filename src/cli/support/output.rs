//! Standard output and standard error.
//!
//! Names and texts out of files are not trusted: whatever would act on the terminal instead of being seen on it is
//! printed as an escape.

use super::color::{Color, paint};
use super::error::CommandError;
use std::borrow::Cow;
use std::io::{ErrorKind, Write};

/// Largest number of letters of a name that a line of text shows.
const MOST_LETTERS: usize = 120;

/// Prints a text. A closed pipe, as in `kiln trace conv | head`, is no failure.
pub fn print(text: &str) -> Result<(), CommandError> {
    write(&visible(text))
}

/// Says a line on standard error. A closed pipe, as after `2>&1 | head`, is no reason to stop.
pub fn say(line: &str) {
    put(&visible(line));
}

/// Says a line that begins with words in a colour.
pub fn say_colored(words: &str, color: Color, rest: &str) {
    put(&colored(words, color, rest));
}

/// A line for standard error that begins with words in a colour, ready to be shown.
pub fn colored(words: &str, color: Color, rest: &str) -> String {
    // What the text brings itself is seen; the colour alone acts.
    paint(&visible(words), color) + &visible(rest)
}

fn put(line: &str) {
    let _: std::io::Result<()> = writeln!(std::io::stderr().lock(), "{line}");
}

/// Prints a value as JSON.
pub fn print_json(value: &serde_json::Value) -> Result<(), CommandError> {
    write(&json(&format!("{value:#}\n")))
}

/// Prints a value as one line of JSON.
pub fn print_json_line(value: &serde_json::Value) -> Result<(), CommandError> {
    write(&json(&format!("{value}\n")))
}

fn write(text: &str) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CommandError::other(format!("cannot write to standard output: {error}; check where it goes")))
        }
        _ => Ok(()),
    }
}

/// Whether a character acts on the terminal: a control character other than a line end or a tab, or one that turns the
/// direction of writing.
fn acts(letter: char) -> bool {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || letter.is_control() && !matches!(letter, '\n' | '\t')
}

/// A text with characters that act on the terminal as escapes, such as `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, acts, |letter| letter.escape_default().to_string())
}

/// The text of JSON, in which only strings can hold such characters.
fn json(text: &str) -> Cow<'_, str> {
    escaped(text, acts, |letter| format!("\\u{:04x}", u32::from(letter)))
}

/// A name out of a file for a line of text: line ends and tabs as escapes too, and what is too long cut off.
pub fn name(text: &str) -> String {
    let mut shown: String = text.chars().take(MOST_LETTERS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    escaped(
        &shown,
        |letter| acts(letter) || letter.is_control(),
        |letter| letter.escape_default().to_string(),
    )
    .into_owned()
}

fn escaped(text: &str, which: impl Fn(char) -> bool, escape: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(&which) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|letter| if which(letter) { escape(letter) } else { letter.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_seen_instead() {
        assert_eq!(
            visible("a\u{1b}[2Jb\u{7}\r\u{9b}1m\u{202e}\n\tü"),
            "a\\u{1b}[2Jb\\u{7}\\r\\u{9b}1m\\u{202e}\n\tü"
        );
        assert_eq!(name("one\ntwo\u{1b}"), "one\\ntwo\\u{1b}");
        assert_eq!(name(&"n".repeat(1_000_000)), "n".repeat(120) + "…");
        let value = serde_json::json!({ "a\u{1b}": "\u{9b}1m \u{202e}ü" });
        let text = json(&format!("{value:#}\n")).into_owned();
        assert!(!text.contains(acts), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
