//! The samples of a run.

use std::sync::Arc;

use kiln_data::{
    Augment, Binarise, DataError, Dataset, FileChecksums, HostBatch, Parts, Prefetch, Sampler, Samples,
    UsageError,
};
use kiln_nn::{Batch, DataInfo, TensorOptions};

use crate::TrainError;

/// Number of images that a sheet can show.
const EXAMPLES: usize = 64;

/// Number of batches that are prepared ahead.
const AHEAD: usize = 2;

/// A set without a test part lends at most this many samples.
const MOST_HELD_OUT: usize = 2_000;

/// Number of samples that are held out of a set of so many that has no part for it: a tenth, up to 2000; none of fewer than 20.
pub fn held_out_of(samples: usize) -> usize {
    if samples < 20 { 0 } else { (samples / 10).min(MOST_HELD_OUT) }
}

/// The samples to train on and those held out.
#[derive(Clone, Debug)]
pub struct Data {
    train: Arc<Dataset>,
    test: Option<Arc<Dataset>>,
    info: DataInfo,
    notes: Vec<String>,
    options: TensorOptions,
    fingerprint: String,
    augment: Option<Augment>,
    /// Whether the pixels to train on are drawn anew in each epoch.
    draws_each_epoch: bool,
}

impl Data {
    /// The samples of two parts, in the size they were opened with. Where no part is held out and there are at least
    /// 20 samples, a tenth is, up to 2000, spread evenly over the set.
    ///
    /// # Errors
    /// When the set can't be split.
    pub fn new(parts: Parts, options: TensorOptions) -> Result<Data, TrainError> {
        let info = parts.info();
        let mut parts = parts;
        let mut notes = std::mem::take(&mut parts.notes);
        let draws_each_epoch = parts.binarise == Some(Binarise::EachEpoch);
        match (&parts.test, held_out_of(parts.train.len())) {
            (Some(_), _) => {}
            (None, 0) => {
                notes.push(
                    "there are fewer than 20 samples, so none is held out and nothing is tested".to_owned(),
                );
            }
            (None, count) => {
                let (train, test) = parts.train.hold_out(count)?;
                (parts.train, parts.test) = (train, Some(test));
            }
        }
        let (train, test) = parts.drawn();
        let fingerprint = train.fingerprint();
        let (train, test) = (Arc::new(train), test.map(Arc::new));
        Ok(Data { train, test, info, notes, options, fingerprint, augment: None, draws_each_epoch })
    }

    /// Changes the images at random before each use in training; those held out stay as they are.
    ///
    /// # Errors
    /// When images have targets of another size, which can't move with them.
    pub fn augmented(self, augment: Augment) -> Result<Data, TrainError> {
        let size = |shape: [usize; 3]| [shape[1], shape[2]];
        let DataInfo { image, target, paired, .. } = &self.info;
        if *paired && augment != Augment::default() && image.map(size) != target.map(size) {
            let (what, value) = ("augment", augment.to_string());
            let remedy = "the targets have another size than their images and can't move with them; leave it out, \
                          or bring both to one size with --image-size";
            return Err(DataError::from(UsageError { what, value, remedy: remedy.to_owned() }).into());
        }
        Ok(Data { augment: Some(augment), ..self })
    }

    /// The samples to train on.
    pub fn train(&self) -> &Arc<Dataset> {
        &self.train
    }

    /// The samples held out, if there are any.
    pub fn test(&self) -> Option<&Arc<Dataset>> {
        self.test.as_ref()
    }

    /// Forms and sizes of the samples.
    pub fn info(&self) -> &DataInfo {
        &self.info
    }

    /// Number of samples to train on.
    pub fn len(&self) -> usize {
        self.train.len()
    }

    /// Whether there are none: never.
    pub fn is_empty(&self) -> bool {
        self.train.is_empty()
    }

    /// What was decided when the data was opened and a person should know, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Where the batches are made.
    pub fn options(&self) -> &TensorOptions {
        &self.options
    }

    /// What tells this data from other data: `20000 images of 1x28x28, checksum 1a2b3c4d`. Of files it is that of
    /// their names, lengths and headers; their contents are in [`checksums`](Data::checksums).
    pub fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    /// The checksums of the files that were made use of, as state for a checkpoint; none of a set in memory.
    pub fn checksums(&self) -> FileChecksums {
        let mut checksums = FileChecksums::default();
        self.train.add_files(&mut checksums);
        self.test.iter().for_each(|test| test.add_files(&mut checksums));
        checksums
    }

    /// Number of samples in a batch where so many are asked for: a set of one sample is one fixed batch.
    pub fn batch_size(&self, asked: usize) -> usize {
        if self.train.len() == 1 { asked.min(1) } else { asked }
    }

    /// The samples of `indices` in a set of the same forms. An unpaired one comes with the samples of the
    /// same number in the second set, which begins again where it is shorter.
    pub(crate) fn batch(&self, set: &Dataset, indices: &[u32]) -> Result<Batch, DataError> {
        let second = set.unpaired().map(|second| second.len() as u32);
        let unpaired: Option<Vec<u32>> = second.map(|len| indices.iter().map(|index| index % len).collect());
        let samples = Samples { indices, unpaired: unpaired.as_deref() };
        let batch = kiln_data::batch(set, samples, &self.options)?;
        set.mark_used(samples);
        Ok(batch)
    }

    /// Batches of the samples to train on, prepared ahead on a thread of their own.
    pub(crate) fn feed(
        &self,
        batch_size: usize,
        seed: u64,
    ) -> Result<Prefetch<HostBatch, DataError>, TrainError> {
        let sampler = Sampler::new(self.train.clone(), self.batch_size(batch_size), seed)?;
        let Data { train, augment, draws_each_epoch, .. } = self.clone();
        let make = move |of: &kiln_data::prefetch::BatchSamples| {
            let mut batch = HostBatch::gather(&train, of.samples())?;
            if let Some(augment) = &augment {
                batch.augment(augment, Augment::key(seed, of.epoch()), of.samples());
            }
            if draws_each_epoch {
                batch.binarise(Binarise::key(seed, of.epoch()), of.samples());
            }
            Ok(batch)
        };
        Ok(Prefetch::new(sampler, AHEAD, make)?)
    }

    /// The next batch of a [`feed`](Data::feed).
    pub(crate) fn next_batch(&self, feed: &mut Prefetch<HostBatch, DataError>) -> Result<Batch, TrainError> {
        let next = feed.next_batch()?;
        self.train.mark_used(next.samples.samples());
        Ok(next.batch.to_batch(&self.options))
    }

    /// The first samples held out; of those trained on, where none are.
    pub(crate) fn examples(&self) -> Result<Batch, DataError> {
        let set = self.test.as_ref().unwrap_or(&self.train);
        let indices: Vec<u32> = (0..set.len().min(EXAMPLES) as u32).collect();
        self.batch(set, &indices)
    }
}

#[cfg(test)]
mod tests {
    use kiln_data::{CacheSize, DataSpec, LoadOptions};

    use super::*;

    fn parts(len: usize) -> Parts {
        Parts::new(Dataset::new("flat", [1, 2, 2], vec![9; 4 * len]).unwrap(), None)
    }

    fn data(parts: Parts) -> Data {
        Data::new(parts, TensorOptions::cpu_f32()).unwrap()
    }

    #[test]
    fn a_set_without_a_test_part_lends_a_tenth() {
        for (len, held_out) in [(19, None), (20, Some(2)), (30_000, Some(2_000))] {
            let data = data(parts(len));
            assert_eq!(data.test().map(|set| set.len()), held_out);
            assert_eq!(data.len(), len - held_out.unwrap_or(0));
            assert_eq!(data.examples().unwrap().images().len(), held_out.unwrap_or(len).min(64));
        }
    }

    #[test]
    fn other_targets_are_other_data() {
        let of = |target: u8| {
            let targets = Dataset::new("targets", [1, 2, 2], vec![target; 4 * 30]).unwrap();
            data(Parts::new(parts(30).train.with_targets(targets).unwrap(), None)).fingerprint()
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn one_sample_is_every_batch() {
        let data = data(parts(1));
        let mut feed = data.feed(64, 3).unwrap();
        for epoch in 0..3 {
            assert_eq!(data.next_batch(&mut feed).unwrap().len(), 1);
            assert_eq!(feed.cursor().epoch, epoch);
        }
        assert!(data.test().is_none());
    }

    #[test]
    fn targets_of_another_size_do_not_move() {
        let targets = Dataset::new("targets", [1, 4, 4], vec![0; 16 * 30]).unwrap();
        let paired = data(Parts::new(parts(30).train.with_targets(targets).unwrap(), None));
        assert!(paired.clone().augmented(Augment::default()).is_ok());
        let error = paired.augmented("flip".parse().unwrap()).unwrap_err().to_string();
        assert!(error.starts_with("augment can't be \"flip\"; the targets have another size"), "{error}");
    }

    /// What a run on files has in its checkpoint depends on its steps alone, not on what was prepared ahead.
    #[test]
    fn a_run_on_files_goes_on_as_if_it_had_not_stopped_and_names_a_file_that_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |number: u8| folder.path().join(format!("{number:02}.png"));
        for number in 0..30 {
            image::GrayImage::from_pixel(2, 2, image::Luma([number])).save(path(number)).unwrap();
        }
        let options = LoadOptions { cache: CacheSize { bytes: 0 }, ..LoadOptions::default() };
        let spec: DataSpec = format!("folder:{}", folder.path().display()).parse().unwrap();
        let open = || data(spec.open(&options).unwrap());
        let values = |batch: Batch| batch.images().unit().to_vec::<f32>().unwrap();
        let sums = |value: kiln_nn::StateValue| match value {
            kiln_nn::StateValue::Tensor(sums) => sums.to_vec::<u32>().unwrap(),
            other => panic!("{other:?}"),
        };
        let state = |data: &Data| -> Vec<Vec<u32>> {
            kiln_nn::save(&mut data.checksums()).into_values().map(sums).collect()
        };

        let whole = open();
        let mut feed = whole.feed(4, 7).unwrap();
        let mut batches: Vec<Vec<f32>> =
            (0..3).map(|_| values(whole.next_batch(&mut feed).unwrap())).collect();
        let (saved, cursor) = (kiln_nn::save(&mut whole.checksums()), feed.cursor());
        batches.extend((0..5).map(|_| values(whole.next_batch(&mut feed).unwrap())));

        let resumed = open();
        let mut feed = resumed.feed(4, 7).unwrap();
        feed.seek(cursor).unwrap();
        kiln_nn::load(&mut resumed.checksums(), &saved).unwrap();
        assert_eq!(state(&resumed), saved.clone().into_values().map(sums).collect::<Vec<_>>());
        let after: Vec<Vec<f32>> = (0..5).map(|_| values(resumed.next_batch(&mut feed).unwrap())).collect();
        assert_eq!(after, batches[3..]);
        assert_eq!(state(&resumed), state(&whole));
        assert!(state(&whole)[0].iter().filter(|sum| **sum != 0).count() >= 24);

        // The first image that was trained on, in other colours: as many bytes, under the same header.
        let first = (batches[0][0] * 255.0).round() as u8;
        image::GrayImage::from_pixel(2, 2, image::Luma([200])).save(path(first)).unwrap();
        let changed = open();
        kiln_nn::load(&mut changed.checksums(), &saved).unwrap();
        let all: Vec<u32> = (0..changed.len() as u32).collect();
        let error = changed.batch(changed.train(), &all).unwrap_err().to_string();
        let says = format!("{} has changed since this run first read it", path(first).display());
        assert!(error.starts_with(&says), "{error}");
    }
}
