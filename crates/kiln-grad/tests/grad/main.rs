//! The engine: sweeps, derivatives of functions, errors, instruments, and its size.

mod definitions;
mod documentation;
mod edges;
mod errors;
mod faults;
mod finite;
mod functions;
mod instruments;
mod picks;
mod products;
mod profile;
mod size;
mod sweeps;
mod tails;
mod tape;
mod values;
