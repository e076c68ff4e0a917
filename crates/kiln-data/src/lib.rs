//! Data sets, procedural and from files, and the seeded loader.
//!
//! Nearly everything here is host data: bytes in memory, and the order in which to visit them. A data set
//! is named by a [`DataSpec`] (`builtin:glyphs`, `mnist:DIR`, `idx:FILE`), which loads into a
//! [`Source`]; a [`Loader`] decides which samples make up each batch, and [`gather_unit`] copies
//! them out as floats. [`batch`] is where they become tensors.
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
mod dataset;
mod error;
pub mod feed;
mod gather;
pub mod glyphs;
mod host_batch;
pub mod idx;
mod loader;
mod resample;
pub mod scenes;
mod spec;
mod tensors;

pub use augment::{Augment, AugmentError, Companion};
pub use dataset::{Dataset, Source};
pub use error::DataError;
pub use feed::{Feed, FeedError};
pub use gather::{gather_labels, gather_unit};
pub use host_batch::HostBatch;
pub use idx::IdxError;
pub use loader::{Cursor, Loader};
pub use spec::{DataSpec, SpecError};
pub use tensors::{FitError, batch};
