//! The arguments.

use super::device::{Choice, On, cpu_or_gpu};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// The largest count that makes sense for anything here.
const MOST: u64 = u32::MAX as u64;

/// The largest seed that TOML can hold.
const MOST_SEED: u64 = i64::MAX as u64;

/// Reads a whole number within bounds; otherwise says what they are.
fn whole<const FROM: u64, const TO: u64>(text: &str) -> Result<u64, String> {
    let value = text.parse().ok().filter(|value| (FROM..=TO).contains(value));
    value.ok_or_else(|| format!("it must be a whole number from {FROM} to {TO}"))
}

/// Reads a time such as `90s`, `30m` or `1h 30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).ok().filter(|time| !time.is_zero());
    time.ok_or_else(|| "it must be a time such as 90s, 30m or 2h".to_owned())
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
    /// Train a model by a recipe, or go on with a run that was stopped
    #[command(allow_negative_numbers = true)]
    Train(Box<Train>),
    /// List the recipes
    Recipes(Json),
    /// Make images with a trained model
    #[command(allow_negative_numbers = true)]
    Sample(Sample),
    /// Show images beside what an autoencoder rebuilds of them
    #[command(allow_negative_numbers = true)]
    Reconstruct(Reconstruct),
    /// Animate the way from one image to the next through latent space
    #[command(allow_negative_numbers = true)]
    Interpolate(Interpolate),
    /// Say how many of a model's images are digits, by a built-in classifier
    #[command(allow_negative_numbers = true)]
    Judge(Judge),
    /// Say what a run or a safetensors file holds
    Info(Info),
    /// Hold runs against each other: a table, and their curves in one picture
    Compare(Compare),
    /// Write a run's report: one HTML page with everything on it
    Report(Report),
    /// Show a run's report in the browser, and follow it while it trains
    Watch(Watch),
    /// Write a run's generator for other programs, as ONNX or its weights as safetensors
    Export(Export),
    /// Look at data before training on it
    Data {
        #[command(subcommand)]
        command: DataCommand,
    },
    /// Hold the derivatives of kiln's ops against finite differences, or a GPU's results against the CPU's
    #[command(allow_negative_numbers = true)]
    Gradcheck(Gradcheck),
    /// List what kiln can compute on
    Devices(Json),
    /// Watch a gradient being computed, node by node; lists the examples if none is named
    Trace {
        /// The example
        example: Option<String>,
    },
    /// Print the completions for a shell, to be put where it looks for them
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// How results are printed.
#[derive(Debug, Args)]
pub struct Json {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Train {
    /// The recipe; `kiln recipes` lists them
    #[arg(required_unless_present = "resume")]
    pub recipe: Option<String>,
    /// Go on with the run in this folder, from its last checkpoint
    #[arg(long, value_name = "RUN", conflicts_with_all = ["recipe", "out"])]
    pub resume: Option<PathBuf>,
    /// The data: builtin:glyphs, builtin:scenes, folder:DIR, mnist:DIR, cifar10:DIR, idx:FILE, paired:DIR
    /// or unpaired:DIR,DIR
    #[arg(long, value_name = "DATA")]
    pub data: Option<String>,
    #[command(flatten)]
    pub reading: Reading,
    /// Change images at random before each use, such as flip,crop=4,affine,colour
    #[arg(long, value_name = "HOW")]
    pub augment: Option<String>,
    /// How many steps to train; with --resume, those already done included
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
    #[command(flatten)]
    pub on: On,
    /// Stop after this time, such as 90s, 30m or 2h, with a checkpoint to go on from
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub time_limit: Option<Duration>,
    /// Take the time of every kernel; the table is printed at the end and written to profile.json
    #[arg(long)]
    pub profile: bool,
    /// Print nothing but errors
    #[arg(long, conflicts_with = "json")]
    pub quiet: bool,
    /// Print what happens as lines of JSON
    #[arg(long)]
    pub json: bool,
    /// Change a setting of the recipe, such as lr=1e-4 or model.latent=10; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// How images are read.
#[derive(Debug, Args)]
pub struct Reading {
    /// The height and width to read images at [default: those of the data, or 64 for folders]
    #[arg(long, value_name = "PIXELS", value_parser = whole::<1, 4096>)]
    pub image_size: Option<u64>,
    /// How images of other proportions become square
    #[arg(long, value_name = "HOW", value_parser = ["fit", "crop"])]
    pub resize: Option<String>,
    /// Read images as grey (1) or in colours (3) [default: as they are]
    #[arg(long, value_name = "N", value_parser = whole::<1, 3>)]
    pub channels: Option<u64>,
}

/// A model as a run left it.
#[derive(Debug, Args)]
pub struct Which {
    /// The folder of a run
    pub run: PathBuf,
    /// Use the checkpoint of this step, or the best, instead of the latest
    #[arg(long, value_name = "N|best")]
    pub step: Option<StepChoice>,
    /// How many threads compute; results don't depend on it [default: one a core]
    #[arg(long, value_name = "N", value_parser = whole::<1, 1024>)]
    pub threads: Option<u64>,
    #[command(flatten)]
    pub on: On,
}

/// One of a run's checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepChoice {
    Best,
    At(u64),
}

impl FromStr for StepChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "best" => Ok(StepChoice::Best),
            _ => text.parse().map(StepChoice::At).map_err(|_| "it must be a step or `best`".to_owned()),
        }
    }
}

/// How many images to make, and which.
#[derive(Debug, Args)]
pub struct Draw {
    /// How many images
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = whole::<1, 4096>)]
    pub count: u64,
    /// Decides the noise
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = whole::<0, MOST_SEED>)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct Sample {
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub draw: Draw,
    /// The PNG to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct Judge {
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub draw: Draw,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Reconstruct {
    #[command(flatten)]
    pub which: Which,
    /// How many images, the first that are held out
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = whole::<1, 4096>)]
    pub count: u64,
    /// Other data than the run's
    #[arg(long, value_name = "DATA")]
    pub data: Option<String>,
    /// The PNG to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct Interpolate {
    #[command(flatten)]
    pub which: Which,
    /// The GIF to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The path between two points: along the sphere that noise lies near, or straight
    #[arg(long, value_name = "HOW", default_value = "spherical", value_parser = ["spherical", "linear"])]
    pub path: String,
    /// How many points to go through; the last leads back to the first
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = whole::<2, 64>)]
    pub stops: u64,
    /// Frames from one point to the next
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = whole::<1, 240>)]
    pub frames: u64,
    /// How many such ways side by side
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = whole::<1, 256>)]
    pub count: u64,
    /// Frames a second
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = whole::<1, 50>)]
    pub fps: u64,
    /// Decides the points
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = whole::<0, MOST_SEED>)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct Info {
    /// The folder of a run, or a safetensors file
    pub path: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Compare {
    /// The folders of the runs
    #[arg(required = true, num_args = 2..)]
    pub runs: Vec<PathBuf>,
    /// The PNG with the curves
    #[arg(long, value_name = "FILE", default_value = "compare.png")]
    pub out: PathBuf,
    /// Print the table as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Report {
    /// The folder of a run
    pub run: PathBuf,
    /// The page to write [default: report.html in the run's folder]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Watch {
    /// The folder of a run
    pub run: PathBuf,
    /// The port to serve at; 0 takes any that is free
    #[arg(long, value_name = "N", default_value_t = 8080, value_parser = whole::<0, 65535>)]
    pub port: u64,
}

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub which: Which,
    /// The ONNX file to write: points `z [n, latent]` to images in their range
    #[arg(long, value_name = "FILE", required_unless_present = "safetensors")]
    pub onnx: Option<PathBuf>,
    /// The safetensors file to write: the weights, named as in PyTorch
    #[arg(long, value_name = "FILE")]
    pub safetensors: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Say how many images there are, of what size, range and classes; write a sheet of them
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// The data, as for `kiln train --data`
    pub data: String,
    /// A PNG with the first images
    #[arg(long, value_name = "FILE")]
    pub sheet: Option<PathBuf>,
    #[command(flatten)]
    pub reading: Reading,
    /// Show the images of the sheet as training would see them, changed at random
    #[arg(long, value_name = "HOW", requires = "sheet")]
    pub augment: Option<String>,
}

#[derive(Debug, Args)]
pub struct Gradcheck {
    /// The ops; all of them if none is named
    pub ops: Vec<String>,
    /// How many cases of each op [default: each of its own once]
    #[arg(long, value_name = "N", value_parser = whole::<1, MOST>)]
    pub cases: Option<u64>,
    /// Decides the points
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = whole::<0, MOST>)]
    pub seed: u64,
    /// Up to which order derivatives are checked
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=2))]
    pub order: u32,
    /// What is checked: ops on the CPU against finite differences, or those of a GPU against the CPU's
    #[arg(long, value_name = "cpu|gpu[:NAME]", default_value = "cpu", value_parser = cpu_or_gpu)]
    pub device: Choice,
    /// A report to write: .html, .md or .json
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
