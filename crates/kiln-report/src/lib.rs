//! Views of runs: TensorBoard files, curves, animations and pages.
//!
//! A run's folder holds everything there is to know about it; this crate shows it. [`TensorBoard`] watches
//! a run and writes TensorBoard's files. [`curves`] draws its metrics, [`gif`] makes animations of its
//! sheets, [`page`] puts everything on one page, and [`watch`] serves that page, or those of many runs, while they train.

mod binned;
pub mod curves;
mod drawable;
mod error;
pub mod gif;
pub mod page;
mod panel;
mod tensorboard;
mod thinned;
pub mod watch;

pub use error::ReportError;
pub use tensorboard::TensorBoard;
pub use thinned::thinned;
