//! Files of JSON in the folder of a run.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use kiln_train::read_regular;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ReportError;

/// The content of `environment.json`.
pub(crate) type Environment = BTreeMap<String, EnvironmentValue>;

/// A value in `environment.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum EnvironmentValue {
    Text(String),
    Number(serde_json::Number),
    Flag(bool),
}

/// The content of a JSON file, if there is one.
pub(crate) fn json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ReportError> {
    let unusable = |problem: String| ReportError::Json { path: path.to_owned(), problem };
    let bytes = match read_regular(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(unusable(error.to_string())),
        Err(error) => return Err(ReportError::read(path)(error)),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| unusable(error.to_string()))
}
