//! The state of a run: everything about it besides its metrics.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use kiln_train::{RunConfig, RunDir, read_regular};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::profile::RunProfile;
use super::sheets::{PageSheets, SheetSource};
use super::status::RunStatus;
use crate::ReportError;

/// Everything about a run besides its metrics, small enough to be read again and again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RunState {
    status: RunStatus,
    sheets: PageSheets,
    /// Steps of the checkpoints.
    checkpoints: Vec<u64>,
    environment: Option<BTreeMap<String, EnvironmentValue>>,
    profile: Option<RunProfile>,
}

/// A value in `environment.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum EnvironmentValue {
    Text(String),
    Number(serde_json::Number),
    Flag(bool),
}

impl RunState {
    pub fn read(run: &RunDir, config: &RunConfig, sources: SheetSource) -> Result<RunState, ReportError> {
        Ok(RunState {
            status: RunStatus::of(run, config)?,
            sheets: PageSheets::read(run, sources)?,
            checkpoints: run.checkpoint_steps()?,
            environment: json(&run.environment())?,
            profile: json(&run.profile())?,
        })
    }
}

/// The content of a JSON file, if there is one.
fn json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ReportError> {
    let bytes = match read_regular(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ReportError::read(path)(error)),
    };
    match serde_json::from_slice(&bytes) {
        Ok(value) => Ok(Some(value)),
        Err(error) => Err(ReportError::Json { path: path.to_owned(), problem: error.to_string() }),
    }
}
