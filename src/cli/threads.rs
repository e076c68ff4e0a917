//! How many threads compute.

use super::failure::Failure;

/// Computes with so many threads from now on; with one a core if `None`.
///
/// The calling thread is one of them, so that it starts a parallel loop at once, where it would have to wake another and
/// wait for it. (Threads that prepare data must not use rayon's pool: with one thread nobody would do their work.)
pub fn limit(threads: Option<u64>) -> Result<(), Failure> {
    // 0 asks for one a core.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0) as usize);
    pool.use_current_thread().build_global().map_err(|error| {
        let count = threads.map_or_else(|| "as many threads as cores".to_owned(), |n| format!("{n} threads"));
        Failure::other(format!("{count} can't be started: {error}; use fewer with --threads"))
    })
}
