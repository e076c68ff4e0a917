//! The command line: reads arguments, calls the library, and prints.

mod args;
mod failure;
mod judge;
mod model;
mod nearest;
mod output;
mod progress;
mod recipes;
mod sample;
mod settings;
mod trace;
mod train;
mod trained;

use args::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

/// What `kiln` alone prints.
const WELCOME: &str = "\
kiln trains small generative image models, and shows how gradients are computed.

Try:
  kiln train vae       trains a variational autoencoder on built-in digits
  kiln recipes         lists everything that can be trained
  kiln trace neuron    watches a gradient being computed, node by node

kiln --help says more.
";

/// Runs the command. A failure is one sentence on standard error, and the exit status 2 for wrong
/// arguments, 1 for everything else.
pub fn main() -> ExitCode {
    let result = match Arguments::try_parse() {
        Ok(arguments) => run(arguments.command),
        Err(error) if !error.use_stderr() => output::print(&error.to_string()),
        Err(error) => Err(Failure::from(error)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            ExitCode::from(failure.status)
        }
    }
}

fn run(command: Option<Command>) -> Result<(), Failure> {
    match command {
        None => output::print(WELCOME),
        Some(Command::Train(arguments)) => train::train(&arguments),
        Some(Command::Recipes) => recipes::list(),
        Some(Command::Sample(arguments)) => sample::sample(&arguments),
        Some(Command::Judge(which)) => judge::judge(&which),
        Some(Command::Trace { example: None }) => trace::list(),
        Some(Command::Trace { example: Some(name) }) => trace::show(&name),
    }
}
