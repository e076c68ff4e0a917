//! Where a run writes.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::files::{LOCK, check_regular, create_folder, remove_leftovers};
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
/// evaluation.json                   what was measured of its checkpoints
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
    /// Makes `<parent>/<recipe>-<n>` with the first `n` from 1 that is free, and writes the config there. The folder comes
    /// into being with its config in it.
    ///
    /// # Errors
    /// [`TrainError::Setting`], when the name of the recipe would lead elsewhere; and when the folder or the config can't
    /// be written.
    pub fn create_in(parent: &Path, config: &RunConfig) -> Result<RunDir, TrainError> {
        if config.recipe.contains(['/', '\\']) {
            let (value, wanted) = (format!("{:?}", config.recipe), "a name without slashes".to_owned());
            return Err(TrainError::Setting { name: "recipe", value, wanted });
        }
        fs::create_dir_all(parent).map_err(TrainError::write(parent))?;
        let mut n = 1u64;
        loop {
            let root = parent.join(format!("{}-{n}", config.recipe));
            if fs::symlink_metadata(&root).is_err() {
                match create_folder(&root, |aside| fill(aside, config)) {
                    Ok(()) => return Ok(RunDir { root }),
                    // Another process was faster.
                    Err(_) if fs::symlink_metadata(&root).is_ok() => {}
                    Err(error) => return Err(error),
                }
            }
            n += 1;
        }
    }

    /// Makes this folder, which must not exist or be empty, and writes the config there. A new folder comes into being with
    /// its config in it.
    ///
    /// # Errors
    /// When there is something, or the folder or the config can't be written.
    pub fn create(root: &Path, config: &RunConfig) -> Result<RunDir, TrainError> {
        if let Some(parent) = root.parent() {
            fs::create_dir_all(parent).map_err(TrainError::write(parent))?;
        }
        if fs::symlink_metadata(root).is_err() {
            create_folder(root, |aside| fill(aside, config))?;
        } else {
            remove_leftovers(root);
            if !is_unused(root) {
                return Err(TrainError::Exists { path: root.to_owned() });
            }
            fill(root, config)?;
        }
        Ok(RunDir { root: root.to_owned() })
    }

    /// The folder of a run that was made before. It may come from elsewhere, so links in it are not followed.
    ///
    /// # Errors
    /// [`TrainError::NotARun`], when it has no `config.toml`; [`TrainError::Read`], when that or a folder in it is a link or
    /// a special file.
    pub fn open(root: &Path) -> Result<RunDir, TrainError> {
        let dir = RunDir { root: root.to_owned() };
        if !dir.config().exists() {
            return Err(TrainError::NotARun { path: dir.root });
        }
        check_regular(&dir.config()).map_err(TrainError::read(&dir.config()))?;
        for folder in [dir.sheets(), dir.checkpoints(), dir.tensorboard()] {
            if fs::symlink_metadata(&folder).is_ok_and(|metadata| !metadata.is_dir()) {
                let reason = io::Error::new(ErrorKind::InvalidInput, "it is a link or a file, and no folder");
                return Err(TrainError::Read { path: folder, reason });
            }
        }
        Ok(dir)
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
        self.root.join(LOCK)
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

    /// `evaluation.json`.
    pub fn evaluation(&self) -> PathBuf {
        self.root.join("evaluation.json")
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

    /// All files and folders that a training and its report write into the folder, but for temporary ones.
    pub fn entries(&self) -> [PathBuf; 12] {
        [
            self.config(),
            self.metrics(),
            self.sheets(),
            self.checkpoints(),
            self.environment(),
            self.profile(),
            self.evaluation(),
            self.curves(),
            self.animation(),
            self.tensorboard(),
            self.report(),
            self.lock_file(),
        ]
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

/// Names of the folders that every run has.
const FOLDERS: [&str; 2] = ["sheets", "checkpoints"];

/// Writes what makes a folder that of a run.
fn fill(root: &Path, config: &RunConfig) -> Result<(), TrainError> {
    for folder in FOLDERS.map(|name| root.join(name)) {
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => made.map_err(TrainError::write(&folder))?,
        }
    }
    // Last, because it is what makes the folder a run.
    config.write(&root.join("config.toml"))
}

/// Whether a folder is empty, or holds no more than [`fill`] left when it was stopped.
fn is_unused(root: &Path) -> bool {
    let is_begun = |entry: io::Result<fs::DirEntry>| {
        entry.is_ok_and(|entry| {
            FOLDERS.iter().any(|name| entry.file_name() == *name)
                && fs::read_dir(entry.path()).is_ok_and(|mut inside| inside.next().is_none())
        })
    };
    fs::read_dir(root).is_ok_and(|mut entries| entries.all(is_begun))
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
    steps.retain(|step| check_regular(&path(*step)).is_ok());
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{History, MetricsLog};

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
    fn a_folder_whose_making_was_stopped_is_taken() {
        let root = tempfile::tempdir().unwrap();
        for folder in FOLDERS {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join(".kiln-0123456789abcdef.tmp"), b"half").unwrap();
        let dir = RunDir::create(root.path(), &config()).unwrap();
        assert_eq!(RunDir::open(root.path()).unwrap(), dir);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 3);

        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("sheets")).unwrap();
        fs::write(root.path().join("sheets/mine.png"), b"mine").unwrap();
        assert!(matches!(RunDir::create(root.path(), &config()), Err(TrainError::Exists { .. })));
    }

    #[test]
    fn a_folder_is_there_with_its_config_or_not_at_all() {
        let parent = tempfile::tempdir().unwrap();
        // A longer name than a folder can have.
        let long = RunConfig { recipe: "n".repeat(300), ..config() };
        assert!(RunDir::create_in(parent.path(), &long).is_err());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
        let path = RunConfig { recipe: "../up".to_owned(), ..config() };
        let error = RunDir::create_in(parent.path(), &path).unwrap_err().to_string();
        assert_eq!(error, "`recipe` is \"../up\"; it must be a name without slashes");
        let dir = RunDir::create(&parent.path().join("new/run"), &config()).unwrap();
        RunDir::open(dir.root()).unwrap().lock().unwrap();
        assert_eq!(fs::read_dir(parent.path().join("new")).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn links_in_a_folder_are_not_followed() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        let dir = RunDir::create(&at("run"), &config()).unwrap();
        fs::create_dir(at("elsewhere")).unwrap();
        fs::write(at("elsewhere/step-000001.safetensors"), b"precious").unwrap();
        fs::write(at("precious"), b"precious").unwrap();
        // A file that is a link is none of the run's.
        for path in [dir.sheet(1), dir.checkpoint(1)] {
            symlink(at("precious"), path).unwrap();
        }
        assert!(dir.sheet_steps().unwrap().is_empty() && dir.checkpoint_steps().unwrap().is_empty());
        fs::remove_file(dir.lock_file()).unwrap();
        symlink(at("precious"), dir.lock_file()).unwrap();
        let error = dir.lock().unwrap_err().to_string();
        assert!(error.contains("run.lock: it is a link or a special file"), "{error}");
        fs::remove_file(dir.lock_file()).unwrap();
        symlink(at("precious"), dir.metrics()).unwrap();
        assert!(MetricsLog::open(&dir.metrics(), 0).is_err() && History::read(&dir.metrics()).is_err());
        assert_eq!(fs::read(at("precious")).unwrap(), b"precious");
        fs::remove_dir_all(dir.checkpoints()).unwrap();
        symlink(at("elsewhere"), dir.checkpoints()).unwrap();
        let error = RunDir::open(dir.root()).unwrap_err().to_string();
        assert!(error.contains("checkpoints: it is a link or a file, and no folder"), "{error}");
        fs::rename(dir.config(), at("config.toml")).unwrap();
        symlink(at("config.toml"), dir.config()).unwrap();
        assert!(matches!(RunDir::open(dir.root()), Err(TrainError::Read { .. })));
        assert!(matches!(RunConfig::read(&dir.config()), Err(TrainError::Read { .. })));
        // The folder itself may be reached by a link.
        fs::remove_file(dir.config()).unwrap();
        fs::remove_file(dir.checkpoints()).unwrap();
        fs::rename(at("config.toml"), dir.config()).unwrap();
        symlink("run", at("latest")).unwrap();
        RunDir::open(&at("latest")).unwrap();
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
