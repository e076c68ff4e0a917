//! The thread behind a prefetch, and the making of one batch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::{BatchSamples, Make, PrefetchError, Prefetched};
use crate::{Sampler, Samples};

/// Draws the samples of the next batch and makes it.
pub(super) fn prepare<T, E>(
    sampler: &mut Sampler,
    make: &Make<T, E>,
) -> Result<Prefetched<T>, PrefetchError<E>> {
    let Samples { indices, unpaired } = sampler.next_samples();
    let (indices, unpaired) = (indices.to_vec(), unpaired.map(<[u32]>::to_vec));
    let samples = BatchSamples { indices, unpaired, cursor: sampler.cursor() };
    // The prefetch ends with a panic, and the sampler is not used again before a seek sets it anew.
    match catch_unwind(AssertUnwindSafe(|| make(&samples))) {
        Ok(Ok(batch)) => Ok(Prefetched { batch, samples }),
        Ok(Err(error)) => Err(PrefetchError::Make(error)),
        Err(payload) => {
            let text = payload.downcast_ref::<&str>().map(|text| text.to_string());
            let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
            Err(PrefetchError::Panicked { message: text.unwrap_or_else(|| "without a message".to_owned()) })
        }
    }
}

/// A running thread. Dropping it ends the thread, after the batch that it may be making.
pub(super) struct Worker<T, E> {
    /// `None` while it is dropped.
    batches: Option<Receiver<Result<Prefetched<T>, PrefetchError<E>>>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static, E: Send + 'static> Worker<T, E> {
    /// A thread that prepares the batches of `sampler`, up to `ahead` of them, 1 or more, before they are
    /// received.
    pub fn start(mut sampler: Sampler, make: Arc<Make<T, E>>, ahead: usize) -> std::io::Result<Self> {
        // Besides those in the channel, the thread holds one that waits for a place there.
        let (sender, receiver) = sync_channel(ahead - 1);
        let thread = Builder::new().name("prefetch".to_owned()).spawn(move || {
            loop {
                let next = prepare(&mut sampler, &*make);
                let last = next.is_err();
                // Nothing is received any more once the worker is dropped.
                if sender.send(next).is_err() || last {
                    return;
                }
            }
        })?;
        Ok(Worker { batches: Some(receiver), thread: Some(thread) })
    }
}

impl<T, E> Worker<T, E> {
    /// The next batch, as soon as it is ready.
    pub fn receive(&self) -> Result<Prefetched<T>, PrefetchError<E>> {
        let next = self.batches.as_ref().and_then(|batches| batches.recv().ok());
        next.unwrap_or(Err(PrefetchError::Ended))
    }
}

impl<T, E> Drop for Worker<T, E> {
    fn drop(&mut self) {
        // First the channel, or the thread would wait for ever for a place in it.
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            // It can't have panicked but while dropping a batch, which is not missed.
            let _ = thread.join();
        }
    }
}
