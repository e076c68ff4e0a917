//! Colours on a terminal.

use std::io::IsTerminal;
use std::sync::LazyLock;

/// A colour of text, by its code in the terminal.
#[derive(Clone, Copy, Debug)]
pub enum Color {
    Red = 31,
    Green = 32,
    Cyan = 36,
}

/// Whether standard error takes colours: it is a terminal, and `NO_COLOR` (<https://no-color.org>) isn't set.
static ON_STDERR: LazyLock<bool> = LazyLock::new(|| {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let plain = std::env::var_os("TERM").is_some_and(|name| name == "dumb");
    std::io::stderr().is_terminal() && !refused && !plain
});

/// The text in a colour, for standard error; as it is where that takes none.
pub fn paint(text: &str, color: Color) -> String {
    painted(text, color, *ON_STDERR)
}

fn painted(text: &str, color: Color, takes_colors: bool) -> String {
    if takes_colors { format!("\x1b[{}m{text}\x1b[0m", color as u8) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_terminals_get_colours() {
        assert_eq!(painted("a", Color::Red, true), "\x1b[31ma\x1b[0m");
        assert_eq!(painted("a", Color::Red, false), "a");
    }
}
