//! Steps that leave no trace, to see what they take.

use std::time::{Duration, Instant};

use kiln_nn::{StepError, Training};

use crate::{Run, TrainError};

/// What the steps of a run take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// Number of steps that were done.
    pub steps: u64,
    /// Mean time of a step in seconds. The first isn't counted: it takes memory that the others find.
    pub seconds_per_step: f64,
    /// Bytes of the most buffers that the device held at once, parameters and optimiser state included.
    pub peak_bytes: usize,
}

impl Run {
    /// Does steps for about this time, at least two, and writes nothing. Run and model have then moved on from their
    /// beginning, and are of no use for a training.
    ///
    /// # Errors
    /// When a batch can't be prepared, the device failed, or a number is infinite or NaN.
    pub fn trial(&mut self, model: &mut dyn Training, time: Duration) -> Result<Trial, TrainError> {
        let begun = Instant::now();
        let mut first = begun.elapsed();
        while self.step < 2 || begun.elapsed() < time {
            let batch = self.next_batch()?;
            let step = self.step + 1;
            let cx = self.step_ctx(self.step);
            let metrics = model.step(&batch, &cx).map_err(|error| match error {
                StepError::NonFinite { name, value } => {
                    TrainError::NonFinite { name, value, step, cause: None, checkpoint: None }
                }
                StepError::Device(error) => error.into(),
                error => TrainError::Step { problem: error.to_string() },
            })?;
            // Waits for the device.
            metrics.read()?;
            self.step = step;
            if step == 1 {
                first = begun.elapsed();
            }
        }
        let counted = (self.step - 1) as f64;
        let seconds_per_step = (begun.elapsed() - first).as_secs_f64() / counted;
        let peak_bytes = self.data.options().device.memory().peak_bytes;
        Ok(Trial { steps: self.step, seconds_per_step, peak_bytes })
    }
}
