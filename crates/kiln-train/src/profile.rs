//! Where the time of a run went, as JSON.

use std::path::Path;

use kiln_grad::graph::{Profile, ProfileEntry};
use serde::Serialize;

use crate::{TrainError, write_atomic};

/// The content of a run's `profile.json`.
#[derive(Serialize)]
struct Content {
    /// In training steps, in all.
    seconds: f64,
    /// Number of steps that were watched.
    steps: u64,
    kernels: Vec<ProfileRow>,
}

/// Kernels of one name that ran in one scope in one direction.
#[derive(Serialize)]
struct ProfileRow {
    kernel: &'static str,
    scope: String,
    backward: bool,
    calls: u64,
    seconds: f64,
    bytes: u64,
    flops: u64,
}

/// Writes the profile of so many steps.
pub(crate) fn write(path: &Path, profile: &Profile, steps: u64) -> Result<(), TrainError> {
    let row = |entry: &ProfileEntry| {
        let ProfileEntry { kernel, scope, backward, calls, seconds, bytes, flops } = entry.clone();
        ProfileRow { kernel, scope: scope.to_string(), backward, calls, seconds, bytes, flops }
    };
    let kernels = profile.entries().iter().map(row).collect();
    let content = Content { seconds: profile.wall_seconds(), steps, kernels };
    let text = serde_json::to_vec_pretty(&content)
        .map_err(|error| TrainError::Write { path: path.to_owned(), reason: error.into() })?;
    write_atomic(path, &text)
}
