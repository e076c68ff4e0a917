//! The command line: reads arguments, calls the library, and prints.
//!
//! A command is added by its file and a line in the list below. The file holds the command's options, help text and
//! examples beside its code; groups of options that commands share are in `options`.

mod help;
mod options;
mod registry;
mod support;

use check::completions;
use clap_complete::CompleteEnv;
use registry::{CommandEntry, CommandGroup};
use std::process::ExitCode;
use support::color::Color;
use support::error::CommandError;
use support::{log, output};

/// Declares the modules of all commands, `folder/command.rs`, and lists the commands as `kiln --help` shows them.
macro_rules! commands {
    ($($heading:literal in $folder:ident { $($command:ident::$args:ident,)* })*) => {
        $(mod $folder { $(pub mod $command;)* })*

        /// All commands, by what one wants.
        const COMMANDS: &[CommandGroup] = &[$(CommandGroup {
            heading: $heading,
            commands: &[$(CommandEntry::of::<$folder::$command::$args>(stringify!($command))),*],
        }),*];
    };
}

commands! {
    "Train a model" in run {
        train::TrainArgs,
        recipes::RecipesArgs,
    }
    "Use a trained model" in apply {
        sample::SampleArgs,
        interpolate::InterpolateArgs,
        arithmetic::ArithmeticArgs,
        mix::MixArgs,
        reconstruct::ReconstructArgs,
        traverse::TraverseArgs,
        translate::TranslateArgs,
        export::ExportArgs,
    }
    "Measure and compare trained models" in measure {
        eval::EvalArgs,
        compare::CompareArgs,
        judge::JudgeArgs,
    }
    "Look into runs, data and gradients" in look {
        runs::RunsArgs,
        info::InfoArgs,
        report::ReportArgs,
        watch::WatchArgs,
        data::DataArgs,
        trace::TraceArgs,
    }
    "Check kiln and this machine" in check {
        gradcheck::GradcheckArgs,
        devices::DevicesArgs,
        completions::CompletionsArgs,
    }
}

/// The text that `kiln` alone prints.
const WELCOME: &str = "\
kiln trains small generative image models, and shows how gradients are computed.

Try:
  kiln train vae       trains a variational autoencoder on built-in digits
  kiln recipes         lists everything that can be trained
  kiln trace neuron    shows a gradient being computed, node by node

kiln --help lists all commands.
";

/// Runs the command. A failure is one sentence on standard error, and the exit status 2 for wrong
/// arguments, 1 for everything else; 130 says that a training was stopped and saved.
pub fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        output::say_colored("error:", Color::Red, &format!(" {}", error.message));
        ExitCode::from(error.status)
    })
}

fn run() -> Result<ExitCode, CommandError> {
    // A shell that completes a word calls kiln with this variable, and gets the candidates.
    CompleteEnv::with_factory(help::command_line).var(completions::VARIABLE).complete();
    let matches = match help::command_line().try_get_matches() {
        Ok(matches) => matches,
        Err(error) if !error.use_stderr() => {
            output::print(&error.to_string())?;
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => {
            return Err(CommandError::of_arguments(
                error,
                std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()),
            ));
        }
    };
    log::start()?;
    let named = matches.subcommand().and_then(|(name, matches)| Some((registry::find(name)?, matches)));
    let Some((command, matches)) = named else {
        output::print(WELCOME)?;
        return Ok(ExitCode::SUCCESS);
    };
    // Faults of kernels on the CPU, such as too little memory, end the command with a sentence, as a GPU's failures do.
    kiln::tensor::attempt(|| command.run(matches))?
}
