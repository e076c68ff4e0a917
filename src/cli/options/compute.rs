//! The device and the threads that a model is computed with.

use super::device::DeviceArgs;
use super::threads::ThreadArgs;
use clap::Args;

/// The device to compute on, and the number of threads.
#[derive(Debug, Args)]
pub struct ComputeArgs {
    #[command(flatten)]
    pub device: DeviceArgs,
    #[command(flatten)]
    pub threads: ThreadArgs,
}
