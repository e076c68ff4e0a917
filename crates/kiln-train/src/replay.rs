//! Finding the op that broke a run down.

use std::path::PathBuf;

use kiln_grad::graph::FiniteGuard;

use crate::train_loop::Loop;
use crate::{Checkpoint, Event, TrainError};

impl Loop<'_> {
    /// Does the steps from a checkpoint on again, up to step `to` counted from 1, which gives the same bits, and
    /// tests what every kernel makes. What made the first number that isn't finite, in words; `None` if nothing
    /// did, or somebody asked to stop.
    pub(crate) fn replay(&mut self, path: PathBuf, to: u64) -> Result<Option<String>, TrainError> {
        let checkpoint = Checkpoint::read(&path, self.run.data.options())?;
        self.observer.event(&Event::Replay { from: checkpoint.step, to })?;
        self.run.restore(&checkpoint, self.model, &path)?;
        let guard = FiniteGuard::start();
        while self.run.step < to && !self.run.bounds.stop.is_asked() {
            let cx = self.run.step_ctx(self.run.step);
            let batch = self.run.next_batch()?;
            // That the step fails is what is looked into.
            let result = self.model.step(&batch, &cx);
            self.run.step += 1;
            if let Some(finding) = guard.first_bad() {
                return Ok(Some(finding.to_string()));
            }
            if result.is_err() {
                break;
            }
        }
        Ok(None)
    }
}
