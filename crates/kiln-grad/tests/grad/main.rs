//! The engine: sweeps, derivatives of functions, errors, instruments, and its size.

mod errors;
mod functions;
mod instruments;
mod size;
mod sweeps;
mod values;
