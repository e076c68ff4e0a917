//! `kiln completions`: what a shell needs to complete kiln's words.

use crate::cli::help::{command_line, examples};
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::output;
use clap::Args;
use clap_complete::{Shell, generate};
use std::process::ExitCode;

/// Print the script by which a shell completes kiln's commands and options
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("For bash; `source kiln.bash` loads it", "kiln completions bash > kiln.bash"),
    ("For zsh; move it to a folder of $fpath", "kiln completions zsh > _kiln"),
    ("For fish; move it to ~/.config/fish/completions", "kiln completions fish > kiln.fish"),
]))]
pub struct CompletionsArgs {
    /// Shell that the script is for
    shell: Shell,
}

impl CommandArgs for CompletionsArgs {
    fn run(&self) -> Result<ExitCode, CommandError> {
        let mut script = Vec::new();
        generate(self.shell, &mut command_line(), "kiln", &mut script);
        output::print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
