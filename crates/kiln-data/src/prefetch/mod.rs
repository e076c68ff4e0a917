//! Preparing batches on a thread of their own, ahead of the training that consumes them.

mod worker;

use std::fmt;
use std::sync::Arc;

use kiln_nn::{StateVisitor, Stateful};

use crate::{Cursor, DataError, Sampler, Samples};
use worker::{Worker, prepare};

/// Which samples make up a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchSamples {
    /// Their indices in the data set.
    pub indices: Vec<u32>,
    /// Those in its [`unpaired`](crate::Dataset::unpaired) second set, if it has one.
    pub unpaired: Option<Vec<u32>>,
    /// Where the batch after this one begins: what a checkpoint saves once this one was trained on.
    pub cursor: Cursor,
}

impl BatchSamples {
    /// The samples.
    pub fn samples(&self) -> Samples<'_> {
        Samples { indices: &self.indices, unpaired: self.unpaired.as_deref() }
    }

    /// The epoch the batch belongs to.
    pub fn epoch(&self) -> u64 {
        self.cursor.epoch
    }
}

/// A prepared batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefetched<T> {
    /// Batch that was made of the samples.
    pub batch: T,
    /// Which samples they are.
    pub samples: BatchSamples,
}

/// Why there is no batch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrefetchError<E> {
    /// More batches ahead than there may be.
    #[error("{ahead} batches can't be prepared ahead; choose from 0 to {}", MOST_AHEAD)]
    Ahead {
        /// Number of batches asked for.
        ahead: usize,
    },

    /// The error of what makes a batch.
    #[error(transparent)]
    Make(E),

    /// The function that makes a batch panicked.
    #[error("preparing a batch panicked: {message}; this is a bug, please report it with that message")]
    Panicked {
        /// Its message.
        message: String,
    },

    /// The thread can't be started.
    #[error("can't start the thread that prepares batches: {reason}; end other programs, or prepare 0 ahead")]
    Thread {
        /// Message of the operating system.
        #[source]
        reason: std::io::Error,
    },

    /// The prefetch ended with an error that was reported before.
    #[error("no batches come after the error before; go to where they should go on, or start again")]
    Ended,
}

/// The most batches a [`Prefetch`] prepares ahead.
pub const MOST_AHEAD: usize = 256;

/// Function that makes a batch of the samples it is told.
type Make<T, E> = dyn Fn(&BatchSamples) -> Result<T, E> + Send + Sync;

/// The batches of a [`Sampler`], prepared while the ones before are still in use.
///
/// A thread draws samples, makes them into batches, and waits once as many are ready as were asked for. The
/// batches are the same, in the same order, however many that is. [`cursor`](Prefetch::cursor) speaks of the
/// batches handed out and not of those prepared, so that a run that is saved and resumed misses none.
///
/// ```
/// use std::sync::Arc;
/// use kiln_data::{Augment, DataError, HostBatch, Prefetch, Sampler, glyphs};
///
/// let digits = Arc::new(glyphs::dataset(1, 100));
/// let augment: Augment = "crop=2".parse()?;
/// let sampler = Sampler::new(digits.clone(), 16, 1)?;
/// let mut prefetch = Prefetch::new(sampler, 2, move |of| -> Result<HostBatch, DataError> {
///     let mut batch = HostBatch::gather(&digits, of.samples())?;
///     batch.augment(&augment, Augment::key(1, of.epoch()), of.samples());
///     Ok(batch)
/// })?;
/// let next = prefetch.next_batch()?;
/// assert_eq!(next.batch.images.unwrap().dims, [16, 1, 28, 28]);
/// assert_eq!(prefetch.cursor().position, 16);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Prefetch<T, E> {
    /// Without a thread, the sampler in use; with one, a copy of it from before the thread began.
    sampler: Sampler,
    make: Arc<Make<T, E>>,
    ahead: usize,
    /// Where the next batch to hand out begins.
    cursor: Cursor,
    worker: Option<Worker<T, E>>,
    ended: bool,
}

impl<T: Send + 'static, E: Send + 'static> Prefetch<T, E> {
    /// The batches of `sampler` from where it stands, as `make` makes them, up to `ahead` of them prepared
    /// before they are asked for. With 0 there is no thread: each is made when it is asked for. A thread
    /// starts with the first batch.
    ///
    /// # Errors
    /// When `ahead` is more than [`MOST_AHEAD`].
    pub fn new(
        sampler: Sampler,
        ahead: usize,
        make: impl Fn(&BatchSamples) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Self, PrefetchError<E>> {
        if ahead > MOST_AHEAD {
            return Err(PrefetchError::Ahead { ahead });
        }
        let cursor = sampler.cursor();
        Ok(Prefetch { sampler, make: Arc::new(make), ahead, cursor, worker: None, ended: false })
    }

    /// The next batch. It waits for the thread where none is ready.
    ///
    /// # Errors
    /// When the batch could not be made. The prefetch then has ended, at the cursor before that batch; it goes on
    /// after [`seek`](Prefetch::seek).
    pub fn next_batch(&mut self) -> Result<Prefetched<T>, PrefetchError<E>> {
        if self.ended {
            return Err(PrefetchError::Ended);
        }
        let next = self.receive();
        match &next {
            Ok(next) => self.cursor = next.samples.cursor,
            Err(_) => {
                self.ended = true;
                self.worker = None;
            }
        }
        next
    }

    fn receive(&mut self) -> Result<Prefetched<T>, PrefetchError<E>> {
        if self.ahead == 0 {
            return prepare(&mut self.sampler, &*self.make);
        }
        if self.worker.is_none() {
            let worker = Worker::start(self.sampler.clone(), self.make.clone(), self.ahead);
            self.worker = Some(worker.map_err(|reason| PrefetchError::Thread { reason })?);
        }
        match &self.worker {
            Some(worker) => worker.receive(),
            None => Err(PrefetchError::Ended),
        }
    }

    /// Goes to `cursor`, which drops what was prepared; see [`Sampler::seek`].
    ///
    /// # Errors
    /// When the position is beyond the data set; the prefetch then stays where it was.
    pub fn seek(&mut self, cursor: Cursor) -> Result<(), DataError> {
        self.sampler.seek(cursor)?;
        self.worker = None;
        self.cursor = cursor;
        self.ended = false;
        Ok(())
    }
}

impl<T, E> Prefetch<T, E> {
    /// Where the next batch begins: right after the last that was handed out.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// Batches in an epoch.
    pub fn batches_per_epoch(&self) -> usize {
        self.sampler.batches_per_epoch()
    }
}

impl<T, E> fmt::Debug for Prefetch<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Prefetch { ahead, cursor, ended, .. } = self;
        f.debug_struct("Prefetch")
            .field("ahead", ahead)
            .field("cursor", cursor)
            .field("ended", ended)
            .finish_non_exhaustive()
    }
}

/// A cursor's state is its counts `epoch` and `position`.
impl Stateful for Cursor {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.count("epoch", &mut self.epoch);
        v.count("position", &mut self.position);
    }
}

#[cfg(test)]
mod tests;
