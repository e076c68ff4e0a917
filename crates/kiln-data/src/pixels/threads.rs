//! The threads that decode.
//!
//! They are not rayon's own: one of those is the training thread, which waits for the batch in the making.

use std::sync::OnceLock;
use std::thread::available_parallelism;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::DataError;

/// The most threads that decode.
const MOST: usize = 16;

static POOL: OnceLock<ThreadPool> = OnceLock::new();

/// Results of `work` for each of the items, in their order.
pub(crate) fn in_parallel<T: Send, R: Send>(
    items: Vec<T>,
    work: impl Fn(T) -> R + Sync + Send,
) -> Result<Vec<R>, DataError> {
    Ok(pool()?.install(|| items.into_par_iter().map(work).collect()))
}

fn pool() -> Result<&'static ThreadPool, DataError> {
    if let Some(pool) = POOL.get() {
        return Ok(pool);
    }
    // At least two, so that one decodes while another waits for the disk.
    let threads = available_parallelism().map_or(2, |count| count.get().clamp(2, MOST));
    let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(|number| format!("decode-{number}"));
    let pool = pool.build().map_err(|reason| DataError::Threads { reason: reason.to_string() })?;
    Ok(POOL.get_or_init(|| pool))
}
