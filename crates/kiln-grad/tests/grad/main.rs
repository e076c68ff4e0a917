//! The engine: sweeps, derivatives of functions, errors, instruments, and its size.

mod definitions;
mod documentation;
mod edges;
mod errors;
mod finite;
mod functions;
mod instruments;
mod products;
mod profile;
mod size;
mod sweeps;
mod tape;
mod values;
