//! How a run is asked to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A handle by which somebody else, such as a handler of Ctrl-C, asks a run to stop. The run finishes its step,
/// writes a checkpoint, and returns.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A handle that nobody has used.
    pub fn new() -> Self {
        Stop::default()
    }

    /// Asks the run to stop.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All steps are done.
    Finished,
    /// It was [asked to stop](Stop), and can be resumed.
    Asked,
    /// Its time was up, and it can be resumed.
    TimeUp,
}

/// When to stop before all steps are done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounds {
    pub stop: Stop,
    pub time: Option<Duration>,
}

impl Bounds {
    /// Why to stop now, if there is a reason.
    pub fn reached(&self, started: Instant) -> Option<Outcome> {
        if self.stop.is_asked() {
            return Some(Outcome::Asked);
        }
        self.time.filter(|time| started.elapsed() >= *time).map(|_| Outcome::TimeUp)
    }
}
