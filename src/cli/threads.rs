//! How many threads compute.

use super::failure::Failure;

/// Computes with so many threads from now on; with one a core if `None`.
pub fn limit(threads: Option<u64>) -> Result<(), Failure> {
    let Some(threads) = threads else { return Ok(()) };
    rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build_global().map_err(|error| {
        Failure::other(format!("{threads} threads can't be started: {error}; use fewer with --threads"))
    })
}
