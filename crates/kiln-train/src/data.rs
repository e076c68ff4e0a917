//! The samples of a run, in the size and at the place the model takes them.

use std::sync::Arc;

use kiln_data::feed::Draw;
use kiln_data::{Augment, Dataset, Feed, FitError, HostBatch, Loader, Samples, Source};
use kiln_nn::{Batch, DataInfo, TensorOptions};

use crate::TrainError;

/// How many images a sheet can show.
const EXAMPLES: usize = 64;

/// How many batches are prepared ahead.
const AHEAD: usize = 2;

/// A set without a test part lends at most this many samples.
const MOST_HELD_OUT: usize = 2_000;

/// The samples to train on and those held out, as the model takes them.
#[derive(Clone, Debug)]
pub struct Data {
    train: Arc<Dataset>,
    test: Option<Arc<Dataset>>,
    shape: [usize; 3],
    info: DataInfo,
    options: TensorOptions,
    fingerprint: String,
    augment: Option<Augment>,
}

impl Data {
    /// The samples of `source` as images of `shape` `[channels, height, width]`, resized as
    /// [`kiln_data::batch`] says. Where no part is held out and there are at least 20 samples, a tenth is, up
    /// to 2000, spread evenly over the set.
    ///
    /// # Errors
    /// When the channels differ.
    pub fn new(source: Source, shape: [usize; 3], options: TensorOptions) -> Result<Data, TrainError> {
        let (train, test) = match source.test {
            Some(test) => (source.train, Some(test)),
            None if source.train.len() < 20 => (source.train, None),
            None => {
                let held_out = (source.train.len() / 10).min(MOST_HELD_OUT);
                let (train, test) = source.train.hold_out(held_out)?;
                (train, Some(test))
            }
        };
        let fingerprint = fingerprint(&train);
        let info = DataInfo { classes: train.classes(), ..DataInfo::of_images(shape) };
        let data = Data {
            train: Arc::new(train),
            test: test.map(Arc::new),
            shape,
            info,
            options,
            fingerprint,
            augment: None,
        };
        data.batch(&data.train, &[])?;
        Ok(data)
    }

    /// Changes the images at random before each use in training; those held out stay as they are.
    #[must_use]
    pub fn augmented(self, augment: Augment) -> Data {
        Data { augment: Some(augment), ..self }
    }

    /// The samples to train on.
    pub fn train(&self) -> &Arc<Dataset> {
        &self.train
    }

    /// The samples held out, if there are any.
    pub fn test(&self) -> Option<&Arc<Dataset>> {
        self.test.as_ref()
    }

    /// The `[channels, height, width]` of the images in a batch.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// What is known of the samples.
    pub fn info(&self) -> &DataInfo {
        &self.info
    }

    /// Element type and device of the batches.
    pub fn options(&self) -> &TensorOptions {
        &self.options
    }

    /// What tells this data from other data: `20000 images of 1x28x28, checksum 1a2b3c4d`.
    pub fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    /// The samples of `indices` in a set of the same shape. An unpaired one comes with the samples of the
    /// same number in the second set, which begins again where it is shorter.
    pub(crate) fn batch(&self, set: &Dataset, indices: &[u32]) -> Result<Batch, FitError> {
        let second = set.unpaired().map(|second| second.len() as u32);
        let unpaired: Option<Vec<u32>> = second.map(|len| indices.iter().map(|index| index % len).collect());
        let samples = Samples { indices, unpaired: unpaired.as_deref() };
        kiln_data::batch(set, samples, self.shape, &self.options)
    }

    /// Batches of the samples to train on, prepared ahead on a thread of their own.
    pub(crate) fn feed(&self, batch_size: usize, seed: u64) -> Result<Feed<HostBatch, FitError>, TrainError> {
        let loader = Loader::new(self.train.clone(), batch_size, seed)?;
        let Data { train, shape, augment, .. } = self.clone();
        let make = move |draw: &Draw| {
            let mut batch = HostBatch::gather(&train, draw.samples(), shape)?;
            if let Some(augment) = &augment {
                batch.augment(augment, Augment::key(seed, draw.epoch()), draw.samples());
            }
            Ok(batch)
        };
        Ok(Feed::new(loader, AHEAD, make)?)
    }

    /// The first samples held out; of those trained on, where none are.
    pub(crate) fn examples(&self) -> Result<Batch, FitError> {
        let set = self.test.as_ref().unwrap_or(&self.train);
        let indices: Vec<u32> = (0..set.len().min(EXAMPLES) as u32).collect();
        self.batch(set, &indices)
    }
}

fn fingerprint(set: &Dataset) -> String {
    let mut checksum = crc32fast::Hasher::new();
    for part in [Some(set), set.targets(), set.unpaired()].into_iter().flatten() {
        checksum.update(part.images());
        part.labels().unwrap_or_default().iter().for_each(|label| checksum.update(&label.to_le_bytes()));
    }
    let [channels, height, width] = set.shape();
    let (len, checksum) = (set.len(), checksum.finalize());
    format!("{len} images of {channels}x{height}x{width}, checksum {checksum:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(len: usize) -> Source {
        Source { train: Dataset::new("flat", [1, 2, 2], vec![9; 4 * len]).unwrap(), test: None }
    }

    #[test]
    fn a_set_without_a_test_part_lends_a_tenth() {
        for (len, held_out) in [(19, None), (20, Some(2)), (30_000, Some(2_000))] {
            let data = Data::new(source(len), [1, 2, 2], TensorOptions::cpu_f32()).unwrap();
            assert_eq!(data.test().map(|set| set.len()), held_out);
            assert_eq!(data.train().len(), len - held_out.unwrap_or(0));
            assert_eq!(data.examples().unwrap().images().len(), held_out.unwrap_or(len).min(64));
        }
    }

    #[test]
    fn other_targets_are_other_data() {
        let of = |target: u8| {
            let targets = Dataset::new("targets", [1, 2, 2], vec![target; 4 * 30]).unwrap();
            let train = source(30).train.with_targets(targets).unwrap();
            let data = Data::new(Source { train, test: None }, [1, 2, 2], TensorOptions::cpu_f32()).unwrap();
            data.fingerprint()
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn channels_are_checked_at_once() {
        assert!(matches!(
            Data::new(source(30), [3, 2, 2], TensorOptions::cpu_f32()),
            Err(TrainError::Fit(_))
        ));
    }
}
