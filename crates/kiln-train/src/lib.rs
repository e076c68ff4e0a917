//! The training loop: run directory, checkpoints, events and sheets.
//!
//! A run is made of four things that know nothing of each other: a [`RunConfig`] (what was asked for),
//! [`Data`] (the samples, in the size the model takes), a [`Training`](kiln_nn::Training) (any model),
//! and a [`RunDir`] (where everything is written). [`Run`] is the loop over them; it tells an
//! [`Observer`] what happens, and prints nothing.
//!
//! A run is a function of its config and its data: metrics but for the seconds, checkpoints and sheets
//! are the same bits every time, at any number of threads, and whether or not it was interrupted and
//! resumed from a checkpoint.

mod atomic;
mod best;
mod checkpoint;
mod config;
mod data;
mod error;
mod evaluate;
mod event;
mod history;
mod lock;
mod metrics;
mod profile;
mod replay;
mod run_dir;
mod sheet;
mod stop;
mod train;
mod train_loop;
mod uses;

pub use atomic::write_atomic;
pub use best::Best;
pub use checkpoint::Checkpoint;
pub use config::RunConfig;
pub use data::Data;
pub use error::TrainError;
pub use evaluate::evaluate;
pub use event::{Event, Observer};
pub use history::{Change, Follow, History, HistoryError, Series};
pub use lock::LockedRunDir;
pub use metrics::{MetricsLog, TestRecord, TrainRecord};
pub use run_dir::RunDir;
pub use sheet::{SHEET_COLUMNS, caption, picture, png};
pub use stop::{Outcome, Stop};
pub use train::Run;
pub use uses::{START, UsedModel};
