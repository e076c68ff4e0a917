//! Measuring on samples that are not trained on.

use kiln_nn::{StepCtx, Training};
use kiln_tensor::random::Key;

use crate::{Data, TrainError};

/// The model's metrics over the whole test set: means over the samples, each sample counted once, the last
/// batch being smaller where `batch_size` doesn't divide the set. `None` without a test set, or for a model
/// with nothing to measure so.
///
/// The random numbers depend on the seed and the batch alone, so that two evaluations differ by the model.
///
/// # Errors
/// The failure of a device.
pub fn evaluate(
    model: &mut dyn Training,
    data: &Data,
    batch_size: usize,
    seed: u64,
    step: u64,
) -> Result<Option<Vec<(String, f64)>>, TrainError> {
    let Some(set) = data.test() else { return Ok(None) };
    let mut sums: Vec<(String, f64)> = Vec::new();
    let all: Vec<u32> = (0..set.len() as u32).collect();
    for (number, indices) in all.chunks(batch_size.max(1)).enumerate() {
        let key = Key::new(seed).purpose("evaluate").step(number as u32);
        let batch = data.batch(set, indices)?;
        let Some(metrics) = model.evaluate(&batch, &StepCtx { key, ..StepCtx::new(seed, step) })? else {
            return Ok(None);
        };
        for (name, value) in metrics.read()? {
            let part = value * indices.len() as f64;
            match sums.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += part,
                None => sums.push((name, part)),
            }
        }
    }
    Ok(Some(sums.into_iter().map(|(name, sum)| (name, sum / set.len() as f64)).collect()))
}
