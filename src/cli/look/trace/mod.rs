//! `kiln trace`: examples of gradients, printed node by node.

mod conv;
mod diamond;
mod neuron;
mod page;
mod penalty;
mod polynomial;
mod second;

use crate::cli::help::examples;
use crate::cli::options::threads;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::output;
use clap::Args;
use kiln::data::did_you_mean;
use page::TracePage;
use std::process::ExitCode;

/// Show a gradient being computed, node by node, for a small example
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("Which examples there are", "kiln trace"),
    ("The chain rule through one neuron", "kiln trace neuron"),
]))]
pub struct TraceArgs {
    /// Example to show, such as neuron; left out, all of them are listed
    example: Option<String>,
}

impl CommandArgs for TraceArgs {
    fn run(&self) -> Result<ExitCode, CommandError> {
        threads::start_all()?;
        match &self.example {
            None => list()?,
            Some(name) => show(name)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A computation to watch.
struct TraceExample {
    name: &'static str,
    about: &'static str,
    /// Name and text of the file that the code is in.
    source: [&'static str; 2],
    show: fn(&mut TracePage) -> Result<(), CommandError>,
}

/// All examples, from simple to not so simple.
const EXAMPLES: [TraceExample; 6] = [
    TraceExample {
        name: "polynomial",
        about: "x³ + 2x at 3: each op's rule, once",
        source: polynomial::SOURCE,
        show: polynomial::show,
    },
    TraceExample {
        name: "neuron",
        about: "tanh(w·x + b): the chain rule through a neuron",
        source: neuron::SOURCE,
        show: neuron::show,
    },
    TraceExample {
        name: "diamond",
        about: "x² · sin x: what is used twice adds up",
        source: diamond::SOURCE,
        show: diamond::show,
    },
    TraceExample {
        name: "second",
        about: "x³ twice: the derivative of a derivative",
        source: second::SOURCE,
        show: second::show,
    },
    TraceExample {
        name: "conv",
        about: "a convolution: its two gradients are its siblings",
        source: conv::SOURCE,
        show: conv::show,
    },
    TraceExample {
        name: "penalty",
        about: "a gradient in a loss: the penalty of WGAN-GP",
        source: penalty::SOURCE,
        show: penalty::show,
    },
];

/// Prints the names of the examples.
fn list() -> Result<(), CommandError> {
    let line = |example: &TraceExample| format!("{:<12}{}\n", example.name, example.about);
    let lines: String = EXAMPLES.iter().map(line).collect();
    output::print(&format!("{lines}\nWatch one with `kiln trace NAME`.\n"))
}

/// Prints an example.
fn show(name: &str) -> Result<(), CommandError> {
    let Some(example) = EXAMPLES.iter().find(|example| example.name == name) else {
        let hint = did_you_mean(name, EXAMPLES.iter().map(|example| example.name));
        return Err(CommandError::usage(format!("there is no example {name:?}; {hint}")));
    };
    let mut page = TracePage::new(example.about, example.source);
    (example.show)(&mut page)?;
    output::print(&page.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_agrees_with_its_check() {
        for example in &EXAMPLES {
            let mut page = TracePage::new(example.about, example.source);
            (example.show)(&mut page).unwrap();
            assert!(page.worst() < 1e-8, "{}: off by {:e}", example.name, page.worst());
        }
    }
}
