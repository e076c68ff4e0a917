//! Which samples make up each batch: shuffled by seed, resumable at any batch.

use std::sync::Arc;

use kiln_tensor::random::Key;

use crate::{DataError, Dataset, Samples};

/// Where a [`Sampler`] stands. Saved with a checkpoint, it resumes with exactly the batches that
/// would have followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Cursor {
    /// Number of epochs begun before this one.
    pub epoch: u64,
    /// Number of samples of this epoch already given out.
    pub position: u64,
}

/// Draws batches of sample indices without end, each epoch in a fresh random order.
///
/// The order of an epoch is a pure function of the seed and the epoch's number, so a position is
/// two integers and resuming replays nothing. Each epoch visits each sample at most once. What is
/// left when fewer than a batch remain is dropped, so every batch has the same size; see
/// [`keep_last`](Sampler::keep_last).
///
/// Where the data set has an [`unpaired`](Dataset::unpaired) second set, each sample meets one of that in
/// each epoch. They come in a random order too, once each before any comes again.
#[derive(Clone, Debug)]
pub struct Sampler {
    dataset: Arc<Dataset>,
    batch_size: usize,
    keep_last: bool,
    key: Key,
    epoch: u64,
    position: usize,
    order: Vec<u32>,
    /// For each place in the order an index into the second set; empty where there is none.
    partners: Vec<u32>,
}

impl Sampler {
    /// A sampler at the start of epoch 0, giving batches of `batch_size` samples.
    ///
    /// # Errors
    /// When `batch_size` is 0 or larger than the data set.
    pub fn new(dataset: Arc<Dataset>, batch_size: usize, seed: u64) -> Result<Self, DataError> {
        let len = dataset.len();
        if batch_size == 0 || batch_size > len {
            return Err(DataError::BatchSize { name: dataset.name().to_owned(), batch_size, len });
        }
        let key = Key::new(seed).purpose("shuffle");
        let (order, partners) = (Vec::new(), Vec::new());
        let mut sampler =
            Sampler { dataset, batch_size, keep_last: false, key, epoch: 0, position: 0, order, partners };
        sampler.begin(0);
        Ok(sampler)
    }

    /// Whether the samples left at the end of an epoch come as a smaller batch (`true`) or are
    /// dropped (`false`, the default).
    #[must_use]
    pub fn keep_last(self, keep: bool) -> Self {
        Sampler { keep_last: keep, ..self }
    }

    /// The data set the indices refer to.
    pub fn dataset(&self) -> &Arc<Dataset> {
        &self.dataset
    }

    /// Samples in a full batch.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Batches in an epoch.
    pub fn batches_per_epoch(&self) -> usize {
        let len = self.order.len();
        if self.keep_last { len.div_ceil(self.batch_size) } else { len / self.batch_size }
    }

    /// The sample indices of the next batch, beginning a new epoch where this one is used up.
    pub fn next_indices(&mut self) -> &[u32] {
        self.next_samples().indices
    }

    /// The samples of the next batch, those of a second set among them; as
    /// [`next_indices`](Sampler::next_indices) otherwise.
    pub fn next_samples(&mut self) -> Samples<'_> {
        let left = self.order.len() - self.position;
        if left == 0 || (left < self.batch_size && !self.keep_last) {
            // Wrapping, because a cursor may come from a damaged checkpoint.
            self.begin(self.epoch.wrapping_add(1));
        }
        let end = self.order.len().min(self.position + self.batch_size);
        let batch = self.position..end;
        self.position = end;
        let unpaired = self.dataset.unpaired().map(|_| &self.partners[batch.clone()]);
        Samples { indices: &self.order[batch], unpaired }
    }

    /// Where the next batch begins.
    pub fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch, position: self.position as u64 }
    }

    /// Goes to `cursor`: the next batches are those of the sampler it was taken from, given the same
    /// data set, batch size and seed.
    ///
    /// # Errors
    /// When the position is beyond the data set; the sampler then stays where it was.
    pub fn seek(&mut self, cursor: Cursor) -> Result<(), DataError> {
        let len = self.order.len();
        let position = usize::try_from(cursor.position).ok().filter(|&position| position <= len);
        let Some(position) = position else {
            let name = self.dataset.name().to_owned();
            return Err(DataError::Cursor { name, position: cursor.position, len });
        };
        self.begin(cursor.epoch);
        self.position = position;
        Ok(())
    }

    /// Goes to the start of an epoch. A key's step has 32 bits: the orders repeat after 2³² epochs.
    fn begin(&mut self, epoch: u64) {
        let (key, len) = (self.key.step(epoch as u32), self.dataset.len());
        self.order = key.permutation(len);
        self.partners =
            self.dataset.unpaired().map_or_else(Vec::new, |second| partners(key, len, second.len()));
        (self.epoch, self.position) = (epoch, 0);
    }
}

/// For each of `len` places an index below `second`: fresh random orders of all there are, one after
/// the other.
fn partners(key: Key, len: usize, second: usize) -> Vec<u32> {
    let rounds = (0..len.div_ceil(second)).map(|round| key.purpose(&format!("unpaired {round}")));
    let mut partners: Vec<u32> = rounds.flat_map(|key| key.permutation(second)).collect();
    partners.truncate(len);
    partners
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(len: usize, batch_size: usize, seed: u64) -> Sampler {
        let set = Dataset::new("plain", [1, 1, 1], vec![0; len]).unwrap();
        Sampler::new(Arc::new(set), batch_size, seed).unwrap()
    }

    fn batches(sampler: &mut Sampler, count: usize) -> Vec<Vec<u32>> {
        (0..count).map(|_| sampler.next_indices().to_vec()).collect()
    }

    #[test]
    fn an_epoch_visits_no_sample_twice() {
        let mut sampler = sampler(23, 5, 1);
        for epoch in 0..4 {
            let mut seen: Vec<u32> = batches(&mut sampler, 4).concat();
            assert_eq!(sampler.cursor(), Cursor { epoch, position: 20 });
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 20);
            assert!(seen.iter().all(|&index| index < 23));
        }
    }

    #[test]
    fn the_last_batch_is_kept_on_request() {
        let mut sampler = sampler(23, 5, 1).keep_last(true);
        assert_eq!(sampler.batches_per_epoch(), 5);
        let mut seen: Vec<u32> = batches(&mut sampler, 5).concat();
        seen.sort_unstable();
        assert_eq!(seen, (0..23).collect::<Vec<_>>());
        assert_eq!(sampler.next_indices().len(), 5);
        assert_eq!(sampler.cursor(), Cursor { epoch: 1, position: 5 });
    }

    #[test]
    fn epochs_and_seeds_differ_and_repeat() {
        let (mut a, mut b, mut c) = (sampler(40, 8, 3), sampler(40, 8, 3), sampler(40, 8, 4));
        let (a, b, c) = (batches(&mut a, 10), batches(&mut b, 10), batches(&mut c, 10));
        assert_eq!(a, b);
        assert_ne!(a, c);
        assert_ne!(a[..5], a[5..]);
    }

    #[test]
    fn resuming_gives_the_batches_that_would_have_followed() {
        for keep in [false, true] {
            for before in 0..12 {
                let mut original = sampler(23, 5, 9).keep_last(keep);
                batches(&mut original, before);
                let mut resumed = sampler(23, 5, 9).keep_last(keep);
                resumed.seek(original.cursor()).unwrap();
                assert_eq!(batches(&mut original, 7), batches(&mut resumed, 7));
                assert_eq!(original.cursor(), resumed.cursor());
            }
        }
    }

    #[test]
    fn a_second_set_is_visited_evenly_and_in_another_order_each_epoch() {
        for second in [1, 4, 23, 60] {
            let set = Dataset::new("first", [1, 1, 1], vec![0; 23]).unwrap();
            let set = set.with_unpaired(Dataset::new("second", [1, 1, 1], vec![0; second]).unwrap()).unwrap();
            let mut sampler = Sampler::new(Arc::new(set), 5, 9).unwrap().keep_last(true);
            let mut plain = self::sampler(23, 5, 9).keep_last(true);
            let mut orders = Vec::new();
            for _ in 0..3 {
                let mut partners = Vec::new();
                for _ in 0..5 {
                    let mut resumed = sampler.clone();
                    resumed.seek(sampler.cursor()).unwrap();
                    let samples = sampler.next_samples();
                    assert_eq!(samples, resumed.next_samples());
                    // The first set's order does not depend on there being a second.
                    assert_eq!(samples.indices, plain.next_indices());
                    assert_eq!(samples.indices.len(), samples.unpaired.unwrap().len());
                    partners.extend_from_slice(samples.unpaired.unwrap());
                }
                for round in partners.chunks(second) {
                    let mut once = round.to_vec();
                    once.sort_unstable();
                    once.dedup();
                    assert_eq!(once.len(), round.len());
                    assert!(once.iter().all(|&at| (at as usize) < second));
                }
                orders.push(partners);
            }
            assert!(second == 1 || (orders[0] != orders[1] && orders[1] != orders[2]), "{second}");
        }
    }

    #[test]
    fn impossible_batches_and_positions_are_refused() {
        let set = Arc::new(Dataset::new("plain", [1, 1, 1], vec![0; 10]).unwrap());
        assert_eq!(
            Sampler::new(set.clone(), 64, 0).unwrap_err().to_string(),
            "a batch of 64 can't be drawn from data set plain, which has 10 samples; \
             choose a batch size from 1 to 10"
        );
        assert!(Sampler::new(set, 0, 0).is_err());
        let mut sampler = sampler(10, 5, 0);
        sampler.next_indices();
        assert!(sampler.seek(Cursor { epoch: 0, position: 11 }).is_err());
        assert_eq!(sampler.cursor(), Cursor { epoch: 0, position: 5 });
        sampler.seek(Cursor { epoch: u64::MAX - 1, position: 10 }).unwrap();
        assert_eq!(sampler.next_indices().len(), 5);
    }
}
