//! The entries of the list of commands.

use super::COMMANDS;
use super::support::error::CommandError;
use clap::{ArgMatches, Args, Command};
use std::process::ExitCode;

/// The options of a command, and what it does with them. The doc comment of the type is the line about the command
/// in `kiln --help`; its examples are its `after_help`, made by [`examples`](super::help::examples).
pub trait CommandArgs: Args {
    /// Does what the command is for.
    fn run(&self) -> Result<ExitCode, CommandError>;
}

/// A command of the list.
pub struct CommandEntry {
    name: &'static str,
    with_args: fn(Command) -> Command,
    run: fn(&ArgMatches) -> Result<ExitCode, CommandError>,
}

impl CommandEntry {
    /// The command of this name with these options.
    pub const fn of<A: CommandArgs>(name: &'static str) -> Self {
        CommandEntry { name, with_args: A::augment_args, run: |matches| A::from_arg_matches(matches)?.run() }
    }

    /// The command for the parser, with its options and help text.
    pub fn parser(&self) -> Command {
        (self.with_args)(Command::new(self.name))
    }

    /// Runs the command with the arguments that the parser found.
    pub fn run(&self, matches: &ArgMatches) -> Result<ExitCode, CommandError> {
        (self.run)(matches)
    }
}

/// Commands that serve one purpose.
pub struct CommandGroup {
    /// The purpose, as the heading in `kiln --help`.
    pub heading: &'static str,
    pub commands: &'static [CommandEntry],
}

/// The command of this name.
pub fn find(name: &str) -> Option<&'static CommandEntry> {
    COMMANDS.iter().flat_map(|group| group.commands).find(|command| command.name == name)
}
