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
//!
//! ```
//! use kiln_data::{Parts, glyphs};
//! use kiln_nn::layers::Linear;
//! use kiln_nn::loss::cross_entropy;
//! use kiln_nn::optim::Adam;
//! use kiln_nn::{Batch, Ctx, Metrics, Module, StepCtx, StepError, TensorOptions, Training, named_parameters, stateful};
//! use kiln_tensor::random::Key;
//! use kiln_train::{Data, Event, Run, RunConfig, RunDir};
//!
//! /// A linear classifier.
//! struct Reader {
//!     net: Linear,
//!     adam: Adam,
//! }
//! stateful!(Reader: net, adam);
//!
//! impl Training for Reader {
//!     fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
//!         let net = &self.net;
//!         let (x, labels) = (batch.images().unit().flatten(1), batch.labels());
//!         cx.minimize(&mut self.adam, |m| {
//!             cross_entropy(&net.forward(&m.of(&x), &mut Ctx::train(cx.key)), &m.of(labels))
//!         })
//!     }
//! }
//!
//! let options = TensorOptions::cpu_f32();
//! let data = Data::new(Parts::new(glyphs::dataset(1, 200), None), options.clone())?;
//! let mut net = Linear::new(784, 10, Key::new(1), &options);
//! let adam = Adam::new(named_parameters(&mut net), 1e-2);
//! # let temporary = tempfile::tempdir()?;
//! # let runs = temporary.path();
//! let dir = RunDir::create_in(runs, &RunConfig::new("reader", 20, 32))?.lock()?;
//! let mut losses = Vec::new();
//! let mut observe = |event: &Event| {
//!     if let Event::Step { metrics: Some(metrics), .. } = event {
//!         losses.push(format!("{metrics:.2?}"));
//!     }
//! };
//! Run::new(RunConfig::new("reader", 20, 32), data)?.train(&dir, &mut Reader { net, adam }, &mut observe)?;
//! assert!(!losses.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod best;
mod certainty;
mod checkpoint;
mod config;
mod data;
mod error;
mod evaluate;
mod evaluation;
mod event;
mod files;
mod history;
mod keep;
mod lock;
mod metrics;
mod profile;
mod replay;
mod run_dir;
mod sheet;
mod stop;
mod train;
mod train_loop;
mod trial;
mod uses;

pub use best::Best;
pub use checkpoint::Checkpoint;
pub use config::{RunConfig, parse_table};
pub use data::{Data, held_out_of};
pub use error::TrainError;
pub use evaluate::{evaluate, evaluate_batches};
pub use evaluation::{CheckpointEvaluation, EvaluatedFigure, RunEvaluation};
pub use event::{Event, Observer};
pub use files::{read_regular, sync_folder, write_atomic, write_output};
pub use history::{Change, Follow, History, HistoryError, Points, Series};
pub use keep::KeepCheckpoints;
pub use lock::LockedRunDir;
pub use metrics::{MetricsLog, MetricsRecord, TestRecord, TrainRecord};
pub use run_dir::RunDir;
pub use sheet::{SHEET_COLUMNS, caption, picture, png};
pub use stop::{Outcome, Stop};
pub use train::Run;
pub use trial::Trial;
pub use uses::{START, UsedModel};
