//! The failure of a command.

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
