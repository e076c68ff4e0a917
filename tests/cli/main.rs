//! The command line, from the outside.
#![cfg(feature = "cli")]

mod commands;
mod damaged_data;
mod determinism;
mod examples;
mod gpu;
mod gradcheck;
mod keys;
mod mistakes;
mod resume;
mod starting;
mod support;
mod using;
