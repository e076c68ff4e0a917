//! What can go wrong in a run.

use std::path::{Path, PathBuf};

use kiln_data::{DataError, PrefetchError};
use kiln_metrics::MeasureError;
use kiln_nn::LoadError;

/// An error of a run: one sentence that names the thing and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A setting with a value that makes no sense.
    #[error("`{name}` is {value}; it must be {wanted}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it must be.
        wanted: String,
    },

    /// Settings that can't be read.
    #[error("the settings in {path} are not valid: {problem}; correct them there", path = path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },

    /// Settings of a run of an earlier version.
    #[error(
        "{path} was written by an earlier version of kiln, whose settings were laid out otherwise; \
         train the recipe anew, or use the run with the version that made it",
        path = path.display()
    )]
    OldRun {
        /// The file.
        path: PathBuf,
    },

    /// A model that a run uses, and that is not what it was.
    #[error(
        "{path}, which this run uses as `{name}`, {problem}; put it back as it was, or start a new run",
        path = path.display()
    )]
    Used {
        /// What it is used for.
        name: String,
        /// The folder of the used run.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },

    /// A file or folder that can't be read.
    #[error("cannot read {path}: {reason}; check that it exists and that you may read it", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Message of the operating system.
        #[source]
        reason: std::io::Error,
    },

    /// A file or folder that can't be written.
    #[error(
        "cannot write {path}: {reason}; check that its folder exists, that you may write there, \
         and that the disk is not full",
        path = path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// Message of the operating system.
        #[source]
        reason: std::io::Error,
    },

    /// A folder for a new run that is already in use.
    #[error("{path} already exists, and a run never overwrites; name another folder or remove it", path = path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },

    /// A folder that holds no run.
    #[error("{path} is not the folder of a run: it has no config.toml; name a folder that a training made", path = path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
    },

    /// A run without the checkpoint that was asked for.
    #[error("{path} has no checkpoint{}; {}", at_step(*.step), available(.have))]
    NoCheckpoint {
        /// The folder of the run.
        path: PathBuf,
        /// The step asked for; the latest if `None`.
        step: Option<u64>,
        /// The steps of the checkpoints there are.
        have: Vec<u64>,
    },

    /// A run whose checkpoints were removed.
    #[error(
        "{path} has metrics of {steps} steps, but no checkpoint to go on from; \
         put one back into its folder checkpoints, or start a new run",
        path = path.display()
    )]
    LostCheckpoints {
        /// The folder of the run.
        path: PathBuf,
        /// Number of steps that its metrics tell of.
        steps: u64,
    },

    /// A file that is not a checkpoint, or a damaged one.
    #[error("{path} is not a usable checkpoint: {problem}; use an earlier one, or remove it to go on from the one before", path = path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },

    /// A checkpoint of another model.
    #[error("{path} does not belong to this model: {problem}; use the config.toml it was trained with", path = path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// How they differ.
        #[source]
        problem: LoadError,
    },

    /// A number that is infinite or not a number, so that nothing more can be learned.
    #[error(
        "training broke down: `{name}` is {value} at step {step}{}; start a new run with a smaller learning rate, \
         a bound on gradients (clip_norm), or another seed, for to go on with this one leads here again{}",
        found(.cause.as_deref()), intact(.checkpoint.as_deref())
    )]
    NonFinite {
        /// The metric, or the parameter.
        name: String,
        /// What it is.
        value: f64,
        /// Number of steps done when it was seen.
        step: u64,
        /// Which op made the first such number, if the step could be replayed.
        cause: Option<String>,
        /// The last checkpoint, from before.
        checkpoint: Option<PathBuf>,
    },

    /// A folder that another process writes in.
    #[error("another process is training in {path}; wait until it is done, or stop it", path = path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },

    /// A checkpoint of a run on other data.
    #[error(
        "{path} was trained on {was}, but the data is now {is}; give the run the data it was trained on",
        path = path.display()
    )]
    OtherData {
        /// The checkpoint.
        path: PathBuf,
        /// What it was trained on.
        was: String,
        /// What there is now.
        is: String,
    },

    /// A change of the settings that would make the steps already done wrong.
    #[error(
        "`{name}` is {was} in the {done} steps that are done and can't become {wanted}; \
         leave it out, or start a new run"
    )]
    ResumeConflict {
        /// The setting.
        name: String,
        /// What it is.
        was: String,
        /// What was asked for.
        wanted: String,
        /// Number of steps that were done with it.
        done: u64,
    },

    /// A run with nothing left to do.
    #[error("{path} has all its {steps} steps behind it; ask for more with --steps", path = path.display())]
    Finished {
        /// The folder of the run.
        path: PathBuf,
        /// Number of steps of the run.
        steps: u64,
    },

    /// Another failure of a step.
    #[error("a step of the training failed: {problem}")]
    Step {
        /// What the model says.
        problem: String,
    },

    /// Images that no picture can show.
    #[error("a picture has 1, 3 or 4 channels, but these images have {channels}; choose data with as many")]
    Channels {
        /// Theirs.
        channels: usize,
    },

    /// An error of the data.
    #[error(transparent)]
    Data(#[from] DataError),

    /// Something that can't be measured.
    #[error(transparent)]
    Measure(MeasureError),

    /// A batch that could not be prepared.
    #[error(transparent)]
    Feed(#[from] PrefetchError<DataError>),

    /// The failure of a device.
    #[error(transparent)]
    Device(#[from] kiln_grad::Error),
}

impl From<MeasureError> for TrainError {
    fn from(error: MeasureError) -> Self {
        match error {
            MeasureError::Data(error) => TrainError::Data(error),
            MeasureError::Device(error) => TrainError::Device(error),
            error => TrainError::Measure(error),
        }
    }
}

impl TrainError {
    /// For `map_err` after reading a file.
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> TrainError {
        move |reason| TrainError::Read { path: path.to_owned(), reason }
    }

    /// For `map_err` after writing a file.
    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> TrainError {
        move |reason| TrainError::Write { path: path.to_owned(), reason }
    }

    /// A damaged checkpoint.
    pub(crate) fn damaged(path: &Path, problem: impl Into<String>) -> TrainError {
        TrainError::Checkpoint { path: path.to_owned(), problem: problem.into() }
    }
}

fn at_step(step: Option<u64>) -> String {
    step.map(|step| format!(" of step {step}")).unwrap_or_default()
}

fn available(have: &[u64]) -> String {
    if have.is_empty() {
        return "train until the first is written".to_owned();
    }
    let list: Vec<String> = have.iter().map(u64::to_string).collect();
    format!("there are those of step {}", list.join(" and "))
}

fn found(cause: Option<&str>) -> String {
    cause.map(|cause| format!(", because {cause}")).unwrap_or_default()
}

fn intact(checkpoint: Option<&Path>) -> String {
    checkpoint
        .map(|path| format!(" (the last checkpoint, {}, is intact)", path.display()))
        .unwrap_or_default()
}
