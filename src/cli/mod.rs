//! The command line: reads arguments, calls the library, and prints.

mod args;
mod compare;
mod completions;
mod data;
mod device;
mod devices;
mod environment;
mod export;
mod failure;
mod gradcheck;
mod grid;
mod info;
mod input;
mod interpolate;
mod json_lines;
mod judge;
mod log;
mod model;
mod nearest;
mod output;
mod pictures;
mod progress;
mod recipes;
mod reconstruct;
mod report;
mod sample;
mod settings;
mod threads;
mod trace;
mod train;
mod trained;

use args::{Arguments, Command, DataCommand, Json};
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
/// arguments, 1 for everything else; 130 says that a training was stopped and saved.
pub fn main() -> ExitCode {
    let result = match Arguments::try_parse() {
        Ok(arguments) => log::start().and_then(|()| run(arguments.command)),
        Err(error) if !error.use_stderr() => done(output::print(&error.to_string())),
        Err(error) => Err(Failure::from(error)),
    };
    match result {
        Ok(status) => status,
        Err(failure) => {
            output::say(&format!("error: {}", failure.message));
            ExitCode::from(failure.status)
        }
    }
}

fn run(command: Option<Command>) -> Result<ExitCode, Failure> {
    let Some(command) = command else { return done(output::print(WELCOME)) };
    match command {
        Command::Train(arguments) => train::train(&arguments),
        Command::Recipes(Json { json }) => done(recipes::list(json)),
        Command::Sample(arguments) => done(sample::sample(&arguments)),
        Command::Interpolate(arguments) => done(interpolate::interpolate(&arguments)),
        Command::Reconstruct(arguments) => done(reconstruct::reconstruct(&arguments)),
        Command::Judge(arguments) => done(judge::judge(&arguments)),
        Command::Info(arguments) => done(info::info(&arguments)),
        Command::Compare(arguments) => done(compare::compare(&arguments)),
        Command::Report(arguments) => done(report::write(&arguments)),
        Command::Watch(arguments) => done(report::serve(&arguments)),
        Command::Export(arguments) => done(export::export(&arguments)),
        Command::Data { command: DataCommand::Inspect(arguments) } => done(data::inspect(&arguments)),
        Command::Gradcheck(arguments) => gradcheck::gradcheck(&arguments),
        Command::Devices(Json { json }) => done(devices::list(json)),
        Command::Trace { example: None } => done(trace::list()),
        Command::Trace { example: Some(name) } => done(trace::show(&name)),
        Command::Completions { shell } => done(completions::print(shell)),
    }
}

/// What a command that can only succeed or fail exits with.
fn done(result: Result<(), Failure>) -> Result<ExitCode, Failure> {
    result.map(|()| ExitCode::SUCCESS)
}
