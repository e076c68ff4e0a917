//! Whether a run is at work.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;

use kiln_train::{RunConfig, RunDir};
use serde::Serialize;

use crate::ReportError;

/// The file that a run keeps locked while it trains.
const LOCK: &str = "run.lock";

/// Whether a run is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It trains at the moment.
    Training,
    /// All of its steps are done.
    Finished,
    /// It doesn't train, and steps are left.
    Stopped,
}

impl Status {
    /// Decides by the files: a run trains as long as its `run.lock` is locked, and is done when there is a
    /// checkpoint of its last step, which is the last it writes.
    ///
    /// # Errors
    /// When the files can't be read.
    pub fn of(run: &RunDir, config: &RunConfig) -> Result<Status, ReportError> {
        if is_locked(run)? {
            return Ok(Status::Training);
        }
        let done = run.checkpoint_steps()?.last().is_some_and(|last| *last >= config.steps);
        Ok(if done { Status::Finished } else { Status::Stopped })
    }
}

fn is_locked(run: &RunDir) -> Result<bool, ReportError> {
    let path = run.root().join(LOCK);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(ReportError::read(path)(error)),
    };
    // There is no other way to ask. The lock is shared, and given back at once as the file is closed.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(ReportError::read(path)(error)),
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
        let status = || Status::of(&run, &config).unwrap();
        assert_eq!(status(), Status::Stopped);
        let lock = File::create(run.root().join(LOCK)).unwrap();
        assert_eq!(status(), Status::Stopped);
        lock.lock().unwrap();
        assert_eq!(status(), Status::Training);
        std::fs::write(run.checkpoint(20), b"").unwrap();
        assert_eq!(status(), Status::Training);
        drop(lock);
        assert_eq!(status(), Status::Finished);
    }
}
