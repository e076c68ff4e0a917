//! The number of threads that compute.

use super::number::whole;
use crate::cli::support::error::CommandError;
use clap::Args;

/// The number of threads.
#[derive(Debug, Args)]
#[command(next_help_heading = "Computing")]
pub struct ThreadArgs {
    /// Number of threads that compute; results don't depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = whole::<1, 1024>)]
    threads: Option<u64>,
}

impl ThreadArgs {
    /// Computes with this number of threads from now on; with one per core if it is left out.
    ///
    /// The calling thread is one of them, so that it starts a parallel loop at once, where it would have to wake another
    /// and wait for it. (Threads that prepare data must not use rayon's pool: with one thread its work would never be done.)
    pub fn start(&self) -> Result<(), CommandError> {
        // 0 asks for one per core.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0) as usize);
        pool.use_current_thread().build_global().map_err(|error| {
            let count =
                self.threads.map_or_else(|| "one thread per core".to_owned(), |n| format!("{n} threads"));
            CommandError::other(format!("{count} can't be started: {error}; use fewer with --threads"))
        })
    }
}

/// Starts one thread per core for a command that has no option for their number. The calling thread is none of them, as
/// it may wait for others that compute.
pub fn start_all() -> Result<(), CommandError> {
    rayon::ThreadPoolBuilder::new().build_global().map_err(|error| {
        CommandError::other(format!(
            "one thread per core can't be started: {error}; set RAYON_NUM_THREADS to fewer, or end other programs"
        ))
    })
}
