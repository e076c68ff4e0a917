//! What a training step may depend on besides the model and the batch, and how it can fail.

use kiln_grad::Error;
use kiln_tensor::random::Key;

/// One step of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepCtx {
    /// Number of the step, from 0.
    pub step: u64,
    /// Number of steps of the whole training, by which schedules go.
    pub steps: u64,
    /// Random numbers of this step.
    pub key: Key,
    /// How the step is computed.
    pub options: StepOptions,
}

/// How a step is computed, which is the business of the loop and not of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepOptions {
    /// Number of micro-batches a batch is split into, computed one after the other to save memory. Gradients are
    /// means over the micro-batches, so the number of samples is to be a multiple. Batch norm sees a micro-batch
    /// at a time.
    pub micro_batches: usize,
    /// Whether loss and gradient norm are tested before anything is written. That waits for the device; without
    /// it, a number that isn't finite is seen where the metrics are read, and parameters may have followed it.
    pub check_finite: bool,
}

impl Default for StepOptions {
    /// The batch as a whole, and everything tested.
    fn default() -> Self {
        StepOptions { micro_batches: 1, check_finite: true }
    }
}

impl StepCtx {
    /// Step `step` of a training with this seed that has no end, with the default options.
    pub fn new(seed: u64, step: u64) -> Self {
        // A key has 32 bits for the step; no run comes near the end of them.
        let key = Key::new(seed).purpose("train").step(step as u32);
        StepCtx { step, steps: u64::MAX, key, options: StepOptions::default() }
    }
}

/// Why a step could not be done. Nothing was written by the optimiser that found it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// The failure of a device.
    #[error(transparent)]
    Device(#[from] Error),
    /// A loss, or the norm of its gradient, is infinite or NaN.
    #[error("`{name}` is {value}")]
    NonFinite {
        /// Name under which it is reported.
        name: String,
        /// Its value.
        value: f64,
    },
}
