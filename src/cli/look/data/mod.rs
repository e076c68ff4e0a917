//! `kiln data`: commands about data.

mod inspect;

use crate::cli::help::examples;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use clap::{Args, Subcommand};
use inspect::InspectArgs;
use std::process::ExitCode;

/// Look at data before training on it
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("What a folder of images holds", "kiln data inspect folder:photos"),
]))]
pub struct DataArgs {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    Inspect(InspectArgs),
}

impl CommandArgs for DataArgs {
    fn run(&self) -> Result<ExitCode, CommandError> {
        match &self.command {
            DataCommand::Inspect(args) => args.run(),
        }
    }
}
