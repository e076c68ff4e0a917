//! The status of a run.

use kiln_train::{RunConfig, RunDir};
use serde::Serialize;

use crate::ReportError;

/// The status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// The run trains at the moment.
    Training,
    /// All of the run's steps are done.
    Finished,
    /// The run doesn't train, and steps are left.
    Stopped,
}

impl RunStatus {
    /// The status by the files: a run trains as long as it [is locked](RunDir::is_locked), and is done when there is a
    /// checkpoint of its last step, which is the last it writes.
    ///
    /// # Errors
    /// When the files can't be read.
    pub fn of(run: &RunDir, config: &RunConfig) -> Result<RunStatus, ReportError> {
        if run.is_locked() {
            return Ok(RunStatus::Training);
        }
        let done = run.checkpoint_steps()?.last().is_some_and(|last| *last >= config.steps);
        Ok(if done { RunStatus::Finished } else { RunStatus::Stopped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_tell() {
        let folder = tempfile::tempdir().unwrap();
        let text = "recipe = 'toy'\ndata = ''\nsteps = 20\nbatch_size = 1\nsheet_every = 1\ncheckpoint_every = 1\n[model]";
        let config: RunConfig = toml::from_str(text).unwrap();
        let run = RunDir::create_in(folder.path(), &config).unwrap();
        let status = || RunStatus::of(&run, &config).unwrap();
        assert_eq!(status(), RunStatus::Stopped);
        let lock = run.lock().unwrap();
        assert_eq!(status(), RunStatus::Training);
        std::fs::write(run.checkpoint(20), b"").unwrap();
        assert_eq!(status(), RunStatus::Training);
        drop(lock);
        assert_eq!(status(), RunStatus::Finished);
    }
}
