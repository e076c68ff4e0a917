//! Finding the op that broke a run down.

use std::path::PathBuf;

use crate::train_loop::Loop;
use crate::{Checkpoint, Event, TrainError};

impl Loop<'_> {
    /// Does the steps from a checkpoint on again, which gives the same bits, and tests every kernel of step
    /// `to`, counted from 1. What made the first number that isn't finite, in words; `None` if nothing did, or
    /// somebody asked to stop.
    pub(crate) fn replay(&mut self, path: PathBuf, to: u64) -> Result<Option<String>, TrainError> {
        let checkpoint = Checkpoint::read(&path, self.run.data.place())?;
        self.observer.event(&Event::Replay { from: checkpoint.step, to })?;
        self.run.restore(&checkpoint, self.model, &path)?;
        while self.run.step < to {
            if self.run.bounds.stop.is_asked() {
                return Ok(None);
            }
            let cx = self.run.step_ctx(self.run.step);
            let batch = self.run.next_batch()?;
            let _ = self.model.step(&batch, &cx);
            self.run.step += 1;
        }
        Ok(None)
    }
}
