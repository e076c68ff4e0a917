//! Data sets, procedural and from files, and the seeded loader.
//!
//! Nearly everything here is host data: bytes in memory, and the order in which to visit them. A data set
//! is named by a [`DataSpec`] (`builtin:glyphs`, `mnist:DIR`, `folder:DIR`, …), which loads into a
//! [`Source`] as [`LoadOptions`] ask; [`inspect`] says what is in it; a [`Loader`] decides which samples make up each
//! batch, and [`gather_unit`] copies them out as floats. [`batch`] is where they become tensors.
//!
//! [`glyphs`] and [`scenes`] draw data sets that need no download. An [`Augment`] changes samples at random,
//! and a [`Feed`] prepares batches ahead, as a [`HostBatch`] each, on a thread of its own.
//!
//! ```
//! use std::sync::Arc;
//! use kiln_data::{Loader, gather_unit, glyphs};
//!
//! let digits = Arc::new(glyphs::dataset(1, 100));
//! let mut loader = Loader::new(digits.clone(), 16, 1)?;
//! let pixels = gather_unit(&digits, loader.next_indices());
//! assert_eq!(pixels.len(), 16 * 28 * 28);
//! # Ok::<(), kiln_data::DataError>(())
//! ```

pub mod augment;
pub mod cifar;
mod dataset;
mod error;
pub mod feed;
mod file;
pub mod folder;
mod gather;
pub mod glyphs;
mod gzip;
mod host_batch;
pub mod idx;
pub mod inspect;
mod loader;
mod nearest;
mod options;
pub mod pairs;
pub mod picture;
mod resample;
mod samples;
pub mod scenes;
mod spec;
mod tensors;

pub use augment::{Augment, AugmentError, Companion};
pub use dataset::{Dataset, Source};
pub use error::{DataError, MAX_BYTES};
pub use feed::{Feed, FeedError};
pub use gather::{gather_labels, gather_unit};
pub use host_batch::{HostBatch, HostImages};
pub use idx::IdxError;
pub use loader::{Cursor, Loader};
pub use options::{Channels, LoadOptions, MAX_SIZE, OptionError, ResizePolicy};
pub use samples::Samples;
pub use spec::{DataSpec, SpecError};
pub use tensors::{FitError, batch};
