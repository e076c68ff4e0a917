//! The command line, from the outside.
#![cfg(feature = "cli")]

mod commands;
mod damaged_data;
mod determinism;
mod gpu;
mod gradcheck;
mod mistakes;
mod resume;
mod support;
