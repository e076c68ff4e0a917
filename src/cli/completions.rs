//! `kiln completions`: what a shell needs to complete kiln's words.

use super::args::Arguments;
use super::failure::Failure;
use super::output;
use clap::CommandFactory;
use clap_complete::{Shell, generate};

/// Prints the script for a shell.
pub fn print(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "kiln", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
