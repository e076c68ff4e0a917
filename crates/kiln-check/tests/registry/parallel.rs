//! How many checks are run, and in parallel.

use std::sync::Mutex;

/// The results of `f` for all `jobs`, in order. Threads of their own and not rayon's: whether ops are
/// recorded is a setting of the thread, and rayon's may begin another job in the midst of a kernel.
pub fn map<T: Send, R: Send>(jobs: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some((i, job)) = next else { break };
                    let result = f(job);
                    results.lock().unwrap().push((i, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}

/// `count` times what the environment variable `KILN_CASES` says, 1 if it says nothing.
pub fn scaled(count: usize) -> usize {
    let factor = std::env::var("KILN_CASES").ok().and_then(|text| text.parse::<f64>().ok()).unwrap_or(1.0);
    (count as f64 * factor).ceil() as usize
}
