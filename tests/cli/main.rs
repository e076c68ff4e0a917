//! The command line, from the outside.
#![cfg(feature = "cli")]

mod commands;
mod completions;
mod damaged_data;
mod determinism;
mod examples;
mod files;
mod gpu;
mod gradcheck;
mod keys;
mod likelihood;
mod mistakes;
mod power_cut;
mod resume;
mod runs;
mod starting;
mod support;
mod sweeps;
mod using;
