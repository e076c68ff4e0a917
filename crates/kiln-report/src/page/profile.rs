//! Where the time went.

use serde::{Deserialize, Serialize};

/// What `profile.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// How long the measured steps took, in seconds.
    pub seconds: f64,
    /// How many steps were measured.
    pub steps: u64,
    /// What they spent it on.
    pub kernels: Vec<KernelTime>,
}

/// The time of a kernel in a part of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelTime {
    /// The kernel.
    pub kernel: String,
    /// The part of the model.
    pub scope: String,
    /// Whether it ran in the backward sweep.
    pub backward: bool,
    /// How often it ran.
    pub calls: u64,
    /// For how long in all, in seconds.
    pub seconds: f64,
    /// How many bytes it read and wrote.
    pub bytes: u64,
    /// How many floating point operations it did.
    pub flops: u64,
}
