//! What a run looks like from outside.
//!
//! A run's folder holds everything there is to know about it; this crate shows it. [`TensorBoard`] watches
//! a run and writes TensorBoard's files. [`gif`] makes animations of its sheets.

mod error;
pub mod gif;
mod tensorboard;

pub use error::ReportError;
pub use tensorboard::TensorBoard;
