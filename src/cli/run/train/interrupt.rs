//! Ctrl-C.

use super::INTERRUPTED;
use crate::cli::support::error::CommandError;
use crate::cli::support::output;
use kiln::train::{Run, Stop};
use std::sync::{Arc, Mutex, PoisonError};

/// The first Ctrl-C asks the run that trains now to stop, the second ends the program.
#[derive(Clone, Default)]
pub struct Interrupt {
    asked: Stop,
    now: Arc<Mutex<Option<Stop>>>,
}

impl Interrupt {
    /// Watches for Ctrl-C from now on. A program can do so once.
    pub fn watch() -> Result<Interrupt, CommandError> {
        let interrupt = Interrupt::default();
        let Interrupt { asked, now } = interrupt.clone();
        let handler = move || {
            if asked.is_asked() {
                std::process::exit(INTERRUPTED.into());
            }
            asked.ask();
            if let Some(stop) = &*now.lock().unwrap_or_else(PoisonError::into_inner) {
                stop.ask();
                output::say("finishing the step and saving; Ctrl-C again ends at once");
            }
        };
        ctrlc::set_handler(handler).map_err(|error| {
            CommandError::other(format!("Ctrl-C can't be watched for: {error}; run kiln elsewhere"))
        })?;
        Ok(interrupt)
    }

    /// Makes this run the one that is asked to stop.
    pub fn stops(&self, run: &Run) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Some(run.stop());
        // It may have been pressed between two runs.
        if self.is_asked() {
            run.stop().ask();
        }
    }

    /// Whether Ctrl-C was pressed.
    pub fn is_asked(&self) -> bool {
        self.asked.is_asked()
    }
}
