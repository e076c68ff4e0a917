//! What there is about a run besides its metrics.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use kiln_train::{RunConfig, RunDir};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::profile::Profile;
use super::sheets::{Sheets, Sources};
use super::status::Status;
use crate::ReportError;

/// What there is about a run besides its metrics, small enough to be read again and again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct State {
    status: Status,
    sheets: Sheets,
    /// The steps of the checkpoints.
    checkpoints: Vec<u64>,
    environment: Option<BTreeMap<String, Entry>>,
    profile: Option<Profile>,
}

/// A value in `environment.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    Number(serde_json::Number),
    Flag(bool),
}

impl State {
    pub fn read(run: &RunDir, config: &RunConfig, sources: Sources) -> Result<State, ReportError> {
        Ok(State {
            status: Status::of(run, config)?,
            sheets: Sheets::read(run, sources)?,
            checkpoints: run.checkpoint_steps()?,
            environment: json(&run.environment())?,
            profile: json(&run.profile())?,
        })
    }
}

/// What a file says, if there is one.
fn json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ReportError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ReportError::read(path)(error)),
    };
    match serde_json::from_slice(&bytes) {
        Ok(value) => Ok(Some(value)),
        Err(error) => Err(ReportError::Json { path: path.to_owned(), problem: error.to_string() }),
    }
}
