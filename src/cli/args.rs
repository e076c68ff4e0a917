//! The arguments.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// The largest count that makes sense for anything here.
const MOST: u64 = u32::MAX as u64;

/// The largest seed that TOML can hold.
const MOST_SEED: u64 = i64::MAX as u64;

/// Reads a whole number within bounds; otherwise says what they are.
fn whole<const FROM: u64, const TO: u64>(text: &str) -> Result<u64, String> {
    let value = text.parse().ok().filter(|value| (FROM..=TO).contains(value));
    value.ok_or_else(|| format!("it must be a whole number from {FROM} to {TO}"))
}

/// Trains small generative image models, and shows how gradients are computed.
#[derive(Debug, Parser)]
#[command(name = "kiln", version, allow_negative_numbers = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a model by a recipe
    #[command(allow_negative_numbers = true)]
    Train(Train),
    /// List the recipes
    Recipes,
    /// Make images with a trained model
    #[command(allow_negative_numbers = true)]
    Sample(Sample),
    /// Say how many of a model's images are digits, by a built-in classifier
    #[command(allow_negative_numbers = true)]
    Judge(Which),
    /// Watch a gradient being computed, node by node; lists the examples if none is named
    Trace {
        /// The example
        example: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Train {
    /// The recipe; `kiln recipes` lists them
    pub recipe: String,
    /// The data: builtin:glyphs, mnist:DIR or idx:FILE
    #[arg(long, value_name = "DATA")]
    pub data: Option<String>,
    /// How many steps to train
    #[arg(long, value_name = "N", value_parser = whole::<1, MOST>)]
    pub steps: Option<u64>,
    /// How many times to go through the data, instead of --steps
    #[arg(long, value_name = "N", conflicts_with = "steps", value_parser = whole::<1, MOST>)]
    pub epochs: Option<u64>,
    /// Images in a step
    #[arg(long, value_name = "N", value_parser = whole::<1, MOST>)]
    pub batch_size: Option<u64>,
    /// Decides everything random; the same seed gives the same results
    #[arg(long, value_name = "S", value_parser = whole::<0, MOST_SEED>)]
    pub seed: Option<u64>,
    /// The folder of the run, which must not exist [default: runs/<recipe>-<n>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How many threads compute; results don't depend on it [default: one a core]
    #[arg(long, value_name = "N", value_parser = whole::<1, 1024>)]
    pub threads: Option<u64>,
    /// Change a setting of the recipe, such as lr=1e-4 or model.latent=10; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Which images to make.
#[derive(Debug, Args)]
pub struct Which {
    /// The folder of a run
    pub run: PathBuf,
    /// How many images
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = whole::<1, 4096>)]
    pub count: u64,
    /// Decides the noise
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = whole::<0, MOST_SEED>)]
    pub seed: u64,
    /// Use the checkpoint of this step instead of the latest
    #[arg(long, value_name = "N", value_parser = whole::<0, MOST>)]
    pub step: Option<u64>,
}

#[derive(Debug, Args)]
pub struct Sample {
    #[command(flatten)]
    pub which: Which,
    /// The PNG to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
