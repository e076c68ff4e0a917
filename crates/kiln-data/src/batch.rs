//! From samples in host memory to the tensors a model takes.

use kiln_nn::{Batch, TensorOptions};

use crate::{DataError, Dataset, HostBatch, Samples};

/// The samples of a data set, in that order, in all forms that it has them: images in the unit range, with labels,
/// targets, masks and captions; sequences of images; points; texts. Of a data set with an unpaired second set,
/// the targets are the samples of that set; there are none where `samples` names none.
///
/// # Errors
/// When a file can't be read, is broken, or has changed since it was first read.
///
/// # Panics
/// When an index is not below the data set's length, or not below that of the second set.
#[track_caller]
pub fn batch<'a>(
    dataset: &Dataset,
    samples: impl Into<Samples<'a>>,
    options: &TensorOptions,
) -> Result<Batch, DataError> {
    Ok(HostBatch::gather(dataset, samples)?.to_batch(options))
}
