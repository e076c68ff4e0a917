//! `kiln completions`: what a shell needs to complete kiln's words.

use crate::cli::help::examples;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::output;
use clap::Args;
use clap_complete::env::Shells;
use std::process::ExitCode;

/// The variable of the environment by which a shell's script asks kiln for the words that go on from those typed.
pub const VARIABLE: &str = "KILN_COMPLETE";

/// Print the script by which a shell completes commands, recipes, settings and runs
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("For bash; `source kiln.bash` loads it", "kiln completions bash > kiln.bash"),
    ("For zsh; move it to a folder of $fpath", "kiln completions zsh > _kiln"),
    ("For fish; move it to ~/.config/fish/completions", "kiln completions fish > kiln.fish"),
]))]
pub struct CompletionsArgs {
    /// Shell that the script is for
    #[arg(value_parser = ["bash", "zsh", "fish", "elvish", "powershell"])]
    shell: String,
}

impl CommandArgs for CompletionsArgs {
    fn run(&self) -> Result<ExitCode, CommandError> {
        let mut script = Vec::new();
        let shells = Shells::builtins();
        let shell = shells.completer(&self.shell);
        let shell =
            shell.ok_or_else(|| CommandError::usage(format!("there is no script for {}", self.shell)))?;
        shell.write_registration(VARIABLE, "kiln", "kiln", "kiln", &mut script).map_err(|error| {
            CommandError::other(format!("the script can't be made: {error}; try another shell"))
        })?;
        output::print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
