//! Measuring on samples that are not trained on.

use kiln_nn::{Batch, StepCtx, Training};
use kiln_tensor::random::Key;

use crate::{Data, TrainError};

/// The model's metrics over the whole test set: means over the samples, each sample counted once, the last
/// batch being smaller where `batch_size` doesn't divide the set. `None` without a test set, or for a model
/// with nothing to measure so.
///
/// The random numbers depend on the seed and the batch alone, so that two evaluations differ by the model.
///
/// # Errors
/// A sample that can't be read, or the failure of a device.
pub fn evaluate(
    model: &mut dyn Training,
    data: &Data,
    batch_size: usize,
    seed: u64,
    step: u64,
) -> Result<Option<Vec<(String, f64)>>, TrainError> {
    let Some(set) = data.test() else { return Ok(None) };
    let all: Vec<u32> = (0..set.len() as u32).collect();
    let batch = |indices| data.batch(set, indices).map_err(TrainError::from);
    let batches = all.chunks(batch_size.max(1)).map(batch);
    evaluate_batches(model, batches, seed, step)
}

/// The model's metrics over these batches, as [`evaluate`] takes them over a test set; `None` without a batch, or for a
/// model with nothing to measure so.
///
/// # Errors
/// That of a batch, or the failure of a device.
pub fn evaluate_batches<E: From<TrainError>>(
    model: &mut dyn Training,
    batches: impl IntoIterator<Item = Result<Batch, E>>,
    seed: u64,
    step: u64,
) -> Result<Option<Vec<(String, f64)>>, E> {
    let failed = |error| E::from(TrainError::Device(error));
    let (mut sums, mut samples): (Vec<(String, f64)>, _) = (Vec::new(), 0);
    for (number, batch) in batches.into_iter().enumerate() {
        let batch = batch?;
        let key = Key::new(seed).purpose("evaluate").step(number as u32);
        let cx = StepCtx { key, ..StepCtx::new(seed, step) };
        let Some(metrics) = model.evaluate(&batch, &cx).map_err(failed)? else { return Ok(None) };
        samples += batch.len();
        for (name, value) in metrics.read().map_err(failed)? {
            let part = value * batch.len() as f64;
            match sums.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += part,
                None => sums.push((name, part)),
            }
        }
    }
    let means = sums.into_iter().map(|(name, sum)| (name, sum / samples as f64));
    Ok((samples > 0).then(|| means.collect()))
}
