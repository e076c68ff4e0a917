//! How a command fails.

use kiln::data::{DataError, SpecError};
use kiln::models::ModelError;
use kiln::train::TrainError;

/// What went wrong and what to do about it, in one sentence, and the exit status.
#[derive(Debug)]
pub struct Failure {
    pub message: String,
    pub status: u8,
}

impl Failure {
    /// The arguments are wrong.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { message: one_line(&message.into()), status: 2 }
    }

    /// Something else is.
    pub fn other(message: impl Into<String>) -> Failure {
        Failure { message: one_line(&message.into()), status: 1 }
    }
}

/// A message of several lines in one, so that the error is a line in a log too.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Setting { .. } => Failure::usage(error.to_string()),
            _ => Failure::other(error.to_string()),
        }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Failure::usage(error.to_string())
    }
}

impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Self {
        Failure::usage(error.to_string())
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Failure::other(error.to_string())
    }
}

impl From<kiln::data::FitError> for Failure {
    fn from(error: kiln::data::FitError) -> Self {
        Failure::other(error.to_string())
    }
}

impl From<kiln::report::ReportError> for Failure {
    fn from(error: kiln::report::ReportError) -> Self {
        Failure::other(error.to_string())
    }
}

impl From<kiln::grad::Error> for Failure {
    fn from(error: kiln::grad::Error) -> Self {
        Failure::other(error.to_string())
    }
}

impl From<kiln::grad::GradError> for Failure {
    fn from(error: kiln::grad::GradError) -> Self {
        Failure::other(error.to_string())
    }
}

impl From<clap::Error> for Failure {
    /// The sentence and the tip, without the usage that clap adds in further paragraphs.
    fn from(error: clap::Error) -> Self {
        let text = error.to_string();
        let mut paragraphs = text.split("\n\n").map(one_line);
        let first = paragraphs.next().unwrap_or_default();
        let first = first.strip_prefix("error: ").unwrap_or(&first).to_owned();
        let tip = paragraphs.find_map(|paragraph| Some(paragraph.strip_prefix("tip: ")?.to_owned()));
        Failure::usage(format!("{first}; {}", tip.unwrap_or_else(|| "kiln --help says more".to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Arguments;
    use clap::Parser;

    #[test]
    fn wrong_arguments_are_one_sentence() {
        let message =
            |words: &str| Failure::from(Arguments::try_parse_from(words.split(' ')).unwrap_err()).message;
        for (words, part) in [
            ("kiln train", "the following required arguments were not provided: <RECIPE>; kiln --help"),
            (
                "kiln trian vae",
                "unrecognized subcommand 'trian'; some similar subcommands exist: 'trace', 'train'",
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
