//! A trained model, as a run left it.

use super::words;
use clap::Args;
use std::path::PathBuf;
use std::str::FromStr;

/// The run whose model is used, and which of its checkpoints.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Folder of the run, such as runs/vae-1, or its name in the folder runs
    #[arg(add = words::runs())]
    pub run: PathBuf,
    /// Checkpoint to use: that of step N, or best, the one with the best value on the test set [default: the latest]
    #[arg(long, value_name = "N", help_heading = "Model")]
    pub step: Option<CheckpointChoice>,
}

/// One of a run's checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointChoice {
    /// The one with the best value on the test set.
    Best,
    /// The one after this step.
    Step(u64),
}

impl FromStr for CheckpointChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "best" => Ok(CheckpointChoice::Best),
            _ => {
                text.parse().map(CheckpointChoice::Step).map_err(|_| "it must be a step or `best`".to_owned())
            }
        }
    }
}
