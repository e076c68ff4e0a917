//! The training loop: run directory, checkpoints, events and sheets.
