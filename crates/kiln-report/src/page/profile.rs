//! The profile of a run: the time of its kernels.

use serde::{Deserialize, Serialize};

/// The content of `profile.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunProfile {
    /// Time of the measured steps, in seconds.
    pub seconds: f64,
    /// Number of measured steps.
    pub steps: u64,
    /// The kernels that the time was spent on.
    pub kernels: Vec<KernelTime>,
}

/// The time of a kernel in a part of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelTime {
    /// Name of the kernel.
    pub kernel: String,
    /// Name of the part of the model.
    pub scope: String,
    /// Whether it ran in the backward sweep.
    pub backward: bool,
    /// Number of its calls.
    pub calls: u64,
    /// Time of all its calls, in seconds.
    pub seconds: f64,
    /// Number of bytes that it read and wrote.
    pub bytes: u64,
    /// Number of floating-point operations that it did.
    pub flops: u64,
}
