//! The command line, from the outside.
#![cfg(feature = "cli")]

mod commands;
mod determinism;
mod mistakes;
mod resume;
mod support;
