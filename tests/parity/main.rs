//! Training runs against PyTorch's: same initial weights, batches and noise, the same losses step by step.
//!
//! The files under `golden/` say how they were made.

mod adversarial;
mod bodies;
mod classify;
mod denoise;
mod file;
mod gradient_penalty;
mod vae_conv;
mod variational;
