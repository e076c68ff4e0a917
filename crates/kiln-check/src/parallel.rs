//! Many checks at once.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// The results of `f` for all `jobs`, in order. Threads of their own and not rayon's: whether ops are
/// recorded is a setting of the thread, and rayon's may begin another job in the midst of a kernel.
///
/// # Panics
/// When `f` does.
pub fn in_parallel<T: Send, R: Send>(jobs: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(2, usize::from);
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let results = Mutex::new(Vec::new());
    let work = || {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((i, job)) = next else { break };
            let result = f(job);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((i, result));
        }
    };
    thread::scope(|scope| {
        let start = || thread::Builder::new().spawn_scoped(scope, work);
        // Where the system allows no thread more, those there are do the work, or else this one.
        let started = (0..threads).map_while(|_| start().ok()).count();
        if started == 0 {
            work();
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}
