//! What was measured of the checkpoints of a run.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{TrainError, write_atomic};

/// Figures of checkpoints of a run: the content of `evaluation.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunEvaluation {
    /// Seeds of the noise that images were made of.
    pub seeds: Vec<u64>,
    /// The checkpoints, by their steps.
    pub checkpoints: Vec<CheckpointEvaluation>,
    /// Sentences without a full stop about the figures: counts, networks, and what could not be measured.
    pub notes: Vec<String>,
}

/// Figures of a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckpointEvaluation {
    /// The step after which it was written.
    pub step: u64,
    /// Whether it is the best of the run, by what was measured while it trained.
    pub best: bool,
    /// The figures.
    pub figures: Vec<EvaluatedFigure>,
}

/// A figure of a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EvaluatedFigure {
    /// Its name.
    pub name: String,
    /// Its value: the mean over the seeds.
    pub value: f64,
    /// Sample standard deviation over the seeds, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<f64>,
    /// Bounds that hold the figure of endlessly many samples in 95 of 100 cases, where they are known and there is one seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// What real images get in the place of made ones: the mean over the seeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<f64>,
}

impl RunEvaluation {
    /// Writes it as JSON.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::from);
        write_atomic(path, (text.map_err(TrainError::write(path))? + "\n").as_bytes())
    }
}
