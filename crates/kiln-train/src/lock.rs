//! One process at a time in a run's folder.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::ops::Deref;
use std::time::Duration;

use crate::files::{check_regular, open_regular, remove_leftovers};
use crate::{RunDir, TrainError};

/// How often the lock is tried for.
const TRIES: usize = 10;

/// How long to wait in between.
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// A run's folder with the right to write in it, held until this is dropped or the process ends, however it
/// ends. The file `run.lock` stays; it is the lock on it that counts.
#[derive(Debug)]
pub struct LockedRunDir {
    dir: RunDir,
    _file: File,
}

impl Deref for LockedRunDir {
    type Target = RunDir;

    fn deref(&self) -> &RunDir {
        &self.dir
    }
}

impl RunDir {
    /// Takes the right to write in this folder, and removes what a process that was killed left half-written.
    ///
    /// # Errors
    /// [`TrainError::Locked`] while another process has it, or when the lock can't be written.
    pub fn lock(&self) -> Result<LockedRunDir, TrainError> {
        let path = self.lock_file();
        match check_regular(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            checked => checked.map_err(TrainError::read(&path))?,
        }
        // Not truncated: it is the lock on it that counts.
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(TrainError::write(&path))?;
        let mut tries = 0;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                // Somebody who only asks whether it is locked holds it for a moment.
                Err(TryLockError::WouldBlock) if tries < TRIES => tries += 1,
                Err(TryLockError::WouldBlock) => {
                    return Err(TrainError::Locked { path: self.root().to_owned() });
                }
                Err(TryLockError::Error(reason)) => return Err(TrainError::Write { path, reason }),
            }
            std::thread::sleep(BETWEEN_TRIES);
        }
        for folder in [self.root().to_owned(), self.sheets(), self.checkpoints()] {
            remove_leftovers(&folder);
        }
        Ok(LockedRunDir { dir: self.clone(), _file: file })
    }

    /// Whether a process is training in this folder.
    pub fn is_locked(&self) -> bool {
        let file = open_regular(&self.lock_file());
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn one_at_a_time_and_nothing_half_written_stays() {
        let root = tempfile::tempdir().unwrap();
        let text = "recipe = 'toy'\ndata = ''\nsteps = 1\nbatch_size = 1\nsheet_every = 1\ncheckpoint_every = 1\n[model]";
        let dir = RunDir::create(&root.path().join("run"), &toml::from_str(text).unwrap()).unwrap();
        let half = dir.checkpoints().join(".kiln-0123456789abcdef.tmp");
        fs::write(&half, b"half").unwrap();
        assert!(!dir.is_locked());
        let lock = dir.lock().unwrap();
        assert!(!half.exists() && dir.is_locked());
        let error = dir.lock().unwrap_err().to_string();
        assert!(error.contains("another process is training in"), "{error}");
        drop(lock);
        assert!(!dir.is_locked());
        dir.lock().unwrap();
    }
}
