//! The failure of a command.

use super::settings::is_setting;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// One sentence that says what went wrong and what to do about it, and the exit status.
#[derive(Debug)]
pub struct CommandError {
    pub message: String,
    pub status: u8,
}

impl CommandError {
    /// Wrong arguments: the status is 2.
    pub fn usage(message: impl Into<String>) -> CommandError {
        CommandError { message: one_line(&message.into()), status: 2 }
    }

    /// Any other failure: the status is 1.
    pub fn other(message: impl Into<String>) -> CommandError {
        CommandError { message: one_line(&message.into()), status: 1 }
    }
}

impl CommandError {
    /// The failure of the parser on these words. An option that is none, but the name of a setting, is answered by how that
    /// is set.
    pub fn of_arguments(error: clap::Error, words: impl IntoIterator<Item = String>) -> CommandError {
        let unknown = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(option)) if error.kind() == ErrorKind::UnknownArgument => {
                option.clone()
            }
            _ => return error.into(),
        };
        let option = unknown.split(['=', ' ']).next().unwrap_or_default();
        let name = option.trim_start_matches('-').replace('-', "_");
        let words: Vec<String> = words.into_iter().collect();
        if words.first().is_none_or(|command| command != "train") || !is_setting(&name) {
            return error.into();
        }
        let said = |at: usize, word: &String| match word.strip_prefix(option)? {
            "" => words.get(at + 1).filter(|word| !word.starts_with("--")).cloned(),
            rest => rest.strip_prefix('=').map(str::to_owned),
        };
        let value = words.iter().enumerate().find_map(|(at, word)| said(at, word));
        let value = value.unwrap_or_else(|| "VALUE".to_owned());
        CommandError::usage(format!(
            "{option} is no option but a setting of the recipe; use --set {name}={value}"
        ))
    }
}

/// A message of several lines in one, so that the error is a line in a log too.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Says of errors of the library whether wrong arguments are their cause.
macro_rules! errors {
    ($($kind:ident: $($error:ty),* $(,)?;)*) => {
        $($(impl From<$error> for CommandError {
            fn from(error: $error) -> Self {
                CommandError::$kind(error.to_string())
            }
        })*)*
    };
}

errors! {
    usage:
        kiln::data::UsageError,
        kiln::models::ModelError;
    other:
        kiln::grad::Error,
        kiln::grad::GradError,
        kiln::report::ReportError;
}

impl From<kiln::data::DataError> for CommandError {
    fn from(error: kiln::data::DataError) -> Self {
        match error {
            kiln::data::DataError::Usage(error) => error.into(),
            _ => CommandError::other(error.to_string()),
        }
    }
}

impl From<kiln::train::TrainError> for CommandError {
    fn from(error: kiln::train::TrainError) -> Self {
        match error {
            kiln::train::TrainError::Setting { .. } => CommandError::usage(error.to_string()),
            kiln::train::TrainError::Data(error) => error.into(),
            _ => CommandError::other(error.to_string()),
        }
    }
}

impl From<clap::Error> for CommandError {
    /// The sentence and the tip, without the usage that clap adds in further paragraphs.
    fn from(error: clap::Error) -> Self {
        let text = error.to_string();
        let mut paragraphs = text.split("\n\n").map(one_line);
        let first = paragraphs.next().unwrap_or_default();
        let first = first.strip_prefix("error: ").unwrap_or(&first).to_owned();
        let tip = paragraphs.find_map(|paragraph| Some(paragraph.strip_prefix("tip: ")?.to_owned()));
        CommandError::usage(format!("{first}; {}", tip.unwrap_or_else(|| more_help(&text))))
    }
}

/// A pointer to more help, by the usage in the text of an error, such as `Usage: kiln train [OPTIONS]`.
fn more_help(error: &str) -> String {
    let usage = error.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap_or_default();
    let is_name = |word: &&str| word.chars().all(|letter| letter.is_ascii_lowercase());
    let name = usage.split_whitespace().take_while(is_name).collect::<Vec<_>>().join(" ");
    format!("{} --help says more", if name.is_empty() { "kiln" } else { &name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::help::command_line;

    #[test]
    fn a_setting_that_is_no_option_is_answered_by_how_it_is_set() {
        for (words, part) in [
            ("train vae --lr 0.1", "--lr is no option but a setting of the recipe; use --set lr=0.1"),
            ("train vae --lr=0.1 --steps 3", "use --set lr=0.1"),
            ("train vae --weight-decay 0.1", "use --set weight_decay=0.1"),
            ("train vae --clip-norm", "use --set clip_norm=VALUE"),
            ("train vae --stepz 3", "'--steps'"),
            ("sample run --lr 0.1", "unexpected argument '--lr'"),
        ] {
            let error = command_line().try_get_matches_from(format!("kiln {words}").split(' ')).unwrap_err();
            let message = CommandError::of_arguments(error, words.split(' ').map(str::to_owned)).message;
            assert!(message.contains(part), "{words}: {message}");
        }
    }

    #[test]
    fn wrong_arguments_are_one_sentence() {
        let message = |words: &str| {
            CommandError::from(command_line().try_get_matches_from(words.split(' ')).unwrap_err()).message
        };
        for (words, part) in [
            (
                "kiln train",
                "the following required arguments were not provided: <RECIPE>; kiln train --help says more",
            ),
            (
                "kiln trian vae",
                "unrecognized subcommand 'trian'; some similar subcommands exist: 'trace', 'translate', 'train'",
            ),
            (
                "kiln train vae --step 3",
                "unexpected argument '--step' found; a similar argument exists: '--steps'",
            ),
            ("kiln train vae --steps 0", "invalid value '0' for '--steps <N>'"),
            ("kiln train vae --steps -5", "invalid value '-5' for '--steps <N>'"),
            ("kiln train vae --steps 1 --epochs 1", "cannot be used with"),
        ] {
            let message = message(words);
            assert!(message.contains(part) && !message.contains('\n'), "{words}: {message}");
        }
    }
}
