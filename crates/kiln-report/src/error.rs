//! Errors of showing a run.

use std::io;
use std::path::PathBuf;

use kiln_train::{HistoryError, TrainError};

/// An error of a report: one sentence that names the thing and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The folder of the run, or its settings.
    #[error(transparent)]
    Run(#[from] TrainError),

    /// The metrics of the run.
    #[error(transparent)]
    History(#[from] HistoryError),

    /// A file of the run that is not as kiln writes it.
    #[error("{path} is not as kiln writes it: {problem}; remove it or make it again", path = path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The problem with it.
        problem: String,
    },

    /// A folder without runs.
    #[error(
        "{path} is not the folder of a run, nor has it any in it; name one that a training made, or the folder around \
         them, such as runs",
        path = path.display()
    )]
    NoRuns {
        /// The folder.
        path: PathBuf,
    },

    /// A port that can't be used.
    #[error("cannot serve at port {port}: {reason}; choose another, or 0 for one that is free")]
    Port {
        /// The port, the last one that was tried.
        port: u16,
        /// The reason, by the operating system.
        #[source]
        reason: io::Error,
    },

    /// Nothing to draw.
    #[error("there are no metrics yet, so there are no curves; train until the first are logged")]
    NoMetrics,

    /// Curves that can't be drawn.
    #[error("the curves cannot be drawn: {problem}; this is a bug of kiln, please report it")]
    Drawing {
        /// The problem, by the drawing library.
        problem: String,
    },

    /// A picture that can't be decoded.
    #[error("{name} is not a usable picture: {problem}; make it again or leave it out")]
    Picture {
        /// The file, or which of the pictures.
        name: String,
        /// The problem with it.
        problem: String,
    },

    /// Nothing to animate.
    #[error("an animation needs at least one picture, and there is none; train until a sheet is written")]
    NoFrames,

    /// A frame of another size than the first.
    #[error(
        "{name} has {width}x{height} pixels, but the first frame has {first_width}x{first_height}; \
         all frames of an animation must have one size"
    )]
    FrameSize {
        /// The file, or which of the pictures.
        name: String,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
        /// The width of the first.
        first_width: u32,
        /// The height of the first.
        first_height: u32,
    },
}

impl ReportError {
    /// The error of reading a file, for `map_err`.
    pub(crate) fn read(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> ReportError {
        move |reason| TrainError::Read { path: path.into(), reason }.into()
    }
}
