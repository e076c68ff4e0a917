//! Where a run writes.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::{RunConfig, TrainError};

/// The folder of a run:
///
/// ```text
/// config.toml                       what was asked for, all settings spelled out
/// metrics.jsonl                     the metrics, a line each time they were read
/// sheets/step-000000.png …          pictures of how far training is
/// sheets/latest.png                 the last of them again
/// checkpoints/step-000500.safetensors …
/// environment.json                  what it ran on
/// profile.json                      where the time went, if that was asked for
/// curves.png                        the metrics as curves
/// training.gif                      the sheets as an animation
/// tensorboard/                      event files
/// report.html                       all of this on one page
/// run.lock                          locked by the process that trains here
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    root: PathBuf,
}

impl RunDir {
    /// Makes `<parent>/<recipe>-<n>` with the first `n` from 1 that is free, and writes the config there.
    ///
    /// # Errors
    /// When the folder or the config can't be written.
    pub fn create_in(parent: &Path, config: &RunConfig) -> Result<RunDir, TrainError> {
        fs::create_dir_all(parent).map_err(TrainError::write(parent))?;
        let mut n = 1u64;
        loop {
            let root = parent.join(format!("{}-{n}", config.recipe));
            match fs::create_dir(&root) {
                Ok(()) => return RunDir { root }.filled(config),
                Err(reason) if reason.kind() == ErrorKind::AlreadyExists => n += 1,
                Err(reason) => return Err(TrainError::Write { path: root, reason }),
            }
        }
    }

    /// Makes this folder, which must not exist or be empty, and writes the config there.
    ///
    /// # Errors
    /// When there is something, or the folder or the config can't be written.
    pub fn create(root: &Path, config: &RunConfig) -> Result<RunDir, TrainError> {
        if let Some(parent) = root.parent() {
            fs::create_dir_all(parent).map_err(TrainError::write(parent))?;
        }
        if let Err(reason) = fs::create_dir(root) {
            if reason.kind() != ErrorKind::AlreadyExists {
                return Err(TrainError::Write { path: root.to_owned(), reason });
            }
            let empty = fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_none());
            if !empty {
                return Err(TrainError::Exists { path: root.to_owned() });
            }
        }
        RunDir { root: root.to_owned() }.filled(config)
    }

    fn filled(self, config: &RunConfig) -> Result<RunDir, TrainError> {
        for folder in [self.sheets(), self.checkpoints()] {
            fs::create_dir(&folder).map_err(TrainError::write(&folder))?;
        }
        // Last, because it is what makes the folder a run.
        config.write(&self.config())?;
        Ok(self)
    }

    /// The folder of a run that was made before.
    ///
    /// # Errors
    /// [`TrainError::NotARun`], when it has no `config.toml`.
    pub fn open(root: &Path) -> Result<RunDir, TrainError> {
        let dir = RunDir { root: root.to_owned() };
        if dir.config().is_file() { Ok(dir) } else { Err(TrainError::NotARun { path: dir.root }) }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `config.toml`.
    pub fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// `metrics.jsonl`.
    pub fn metrics(&self) -> PathBuf {
        self.root.join("metrics.jsonl")
    }

    /// The folder `sheets`.
    pub fn sheets(&self) -> PathBuf {
        self.root.join("sheets")
    }

    /// The sheet of a step.
    pub fn sheet(&self, step: u64) -> PathBuf {
        self.sheets().join(format!("step-{step:06}.png"))
    }

    /// The last sheet.
    pub fn latest_sheet(&self) -> PathBuf {
        self.sheets().join("latest.png")
    }

    /// `run.lock`.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.root.join("run.lock")
    }

    /// The folder `checkpoints`.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }

    /// The checkpoint of a step.
    pub fn checkpoint(&self, step: u64) -> PathBuf {
        self.checkpoints().join(format!("step-{step:06}.safetensors"))
    }

    /// `environment.json`.
    pub fn environment(&self) -> PathBuf {
        self.root.join("environment.json")
    }

    /// `profile.json`.
    pub fn profile(&self) -> PathBuf {
        self.root.join("profile.json")
    }

    /// `curves.png`.
    pub fn curves(&self) -> PathBuf {
        self.root.join("curves.png")
    }

    /// `training.gif`.
    pub fn animation(&self) -> PathBuf {
        self.root.join("training.gif")
    }

    /// The folder `tensorboard`.
    pub fn tensorboard(&self) -> PathBuf {
        self.root.join("tensorboard")
    }

    /// `report.html`.
    pub fn report(&self) -> PathBuf {
        self.root.join("report.html")
    }

    /// The steps of the checkpoints there are, in ascending order. A checkpoint is there whole or not at
    /// all, so the last of these is the one to go on from.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn checkpoint_steps(&self) -> Result<Vec<u64>, TrainError> {
        steps_in(&self.checkpoints(), ".safetensors", |step| self.checkpoint(step))
    }

    /// The steps of the sheets there are, in ascending order.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn sheet_steps(&self) -> Result<Vec<u64>, TrainError> {
        steps_in(&self.sheets(), ".png", |step| self.sheet(step))
    }

    /// The checkpoint of `step`, or the latest.
    ///
    /// # Errors
    /// When there is none.
    pub fn find_checkpoint(&self, step: Option<u64>) -> Result<PathBuf, TrainError> {
        let have = self.checkpoint_steps()?;
        let found = match step {
            Some(step) => have.contains(&step).then_some(step),
            None => have.last().copied(),
        };
        match found {
            Some(found) => Ok(self.checkpoint(found)),
            None => Err(TrainError::NoCheckpoint { path: self.root.clone(), step, have }),
        }
    }
}

/// The steps in the names `step-<step><end>` of a folder, in ascending order; `path` is the file of a step.
fn steps_in(folder: &Path, end: &str, path: impl Fn(u64) -> PathBuf) -> Result<Vec<u64>, TrainError> {
    let mut steps = Vec::new();
    for entry in fs::read_dir(folder).map_err(TrainError::read(folder))? {
        let name = entry.map_err(TrainError::read(folder))?.file_name();
        let step = name.to_str().and_then(|name| name.strip_prefix("step-")?.strip_suffix(end));
        steps.extend(step.and_then(|step| step.parse::<u64>().ok()));
    }
    steps.sort_unstable();
    // The names of other files can be read as the same step.
    steps.dedup();
    steps.retain(|step| path(*step).is_file());
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> RunConfig {
        let text = "recipe = 'toy'\ndata = ''\nsteps = 1\nbatch_size = 1\nsheet_every = 1\ncheckpoint_every = 1\n[model]";
        toml::from_str(text).unwrap()
    }

    #[test]
    fn runs_are_numbered_and_never_overwritten() {
        let parent = tempfile::tempdir().unwrap();
        let runs = parent.path().join("runs");
        for name in ["toy-1", "toy-2"] {
            let dir = RunDir::create_in(&runs, &config()).unwrap();
            assert_eq!(dir.root(), runs.join(name));
            assert_eq!(RunDir::open(dir.root()).unwrap(), dir);
        }
        assert!(matches!(RunDir::create(&runs.join("toy-1"), &config()), Err(TrainError::Exists { .. })));
        let empty = tempfile::tempdir().unwrap();
        assert!(RunDir::create(empty.path(), &config()).is_ok());
        assert!(matches!(RunDir::open(&runs), Err(TrainError::NotARun { .. })));
    }

    #[test]
    fn checkpoints_are_found_by_step() {
        let parent = tempfile::tempdir().unwrap();
        let dir = RunDir::create_in(parent.path(), &config()).unwrap();
        let error = dir.find_checkpoint(None).unwrap_err().to_string();
        assert!(error.ends_with("has no checkpoint; train until the first is written"), "{error}");
        for step in [20, 1_000_000, 100] {
            fs::write(dir.checkpoint(step), b"").unwrap();
        }
        fs::write(dir.checkpoints().join("notes.txt"), b"").unwrap();
        assert_eq!(dir.checkpoint_steps().unwrap(), [20, 100, 1_000_000]);
        assert_eq!(dir.find_checkpoint(None).unwrap(), dir.checkpoint(1_000_000));
        assert_eq!(dir.find_checkpoint(Some(20)).unwrap(), dir.checkpoint(20));
        let error = dir.find_checkpoint(Some(21)).unwrap_err().to_string();
        assert!(error.ends_with("no checkpoint of step 21; there are those of step 20 and 100 and 1000000"));
    }
}
