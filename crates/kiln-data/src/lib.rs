//! Data sets, procedural and from files, and the seeded loader.
//!
//! A data set is named by a [`DataSpec`] (`builtin:glyphs`, `mnist:DIR`, `folder:DIR`, … one of the [`KINDS`]), which
//! opens as [`Parts`] as [`LoadOptions`] ask: a [`Dataset`] to train on and one held out. Its samples are in memory, or in
//! files that are decoded when they are needed, by threads for the purpose. [`inspect`] says what is in it; a
//! [`Sampler`] decides which samples make up each batch; a [`HostBatch`] has them in host memory, where an
//! [`Augment`] changes them at random; a [`Prefetch`] prepares batches ahead on a thread of its own. [`batch()`] is
//! where they become tensors.
//!
//! ```
//! use std::sync::Arc;
//! use kiln_data::{HostBatch, Sampler, glyphs};
//!
//! let digits = Arc::new(glyphs::dataset(1, 100));
//! let mut sampler = Sampler::new(digits.clone(), 16, 1)?;
//! let batch = HostBatch::gather(&digits, sampler.next_indices())?;
//! assert_eq!(batch.images.unwrap().dims, [16, 1, 28, 28]);
//! # Ok::<(), kiln_data::DataError>(())
//! ```

pub mod archive;
pub mod augment;
mod batch;
mod binarise;
pub mod cifar;
mod dataset;
mod error;
mod file;
pub mod folder;
pub mod frames;
pub mod glyphs;
mod gzip;
mod host_batch;
pub mod idx;
pub mod image;
pub mod inspect;
mod kind;
pub mod moving_glyphs;
mod nearest;
pub mod npy;
mod options;
pub mod pairs;
mod parts;
pub mod picture;
mod pixels;
pub mod points;
pub mod prefetch;
mod resample;
mod sampler;
mod samples;
pub mod scenes;
mod spec;
pub mod sprites;
pub mod stacked;
pub mod text;
mod tree;
mod usage;
mod vocabulary;

pub use augment::{Augment, Companion};
pub use batch::batch;
pub use binarise::Binarise;
pub use dataset::{Dataset, Factors, Modes};
pub use error::DataError;
pub use host_batch::{HostBatch, HostFrames, HostImages, HostMasks, HostPoints, HostTexts};
pub use idx::IdxError;
pub use kind::{DataKind, KINDS};
pub use options::{Background, CacheSize, Channels, LoadOptions, MAX_SIZE, ResizePolicy};
pub use parts::Parts;
pub use pixels::FileChecksums;
pub use prefetch::{Prefetch, PrefetchError};
pub use sampler::{Cursor, Sampler};
pub use samples::Samples;
pub use spec::DataSpec;
pub use tree::ArchiveError;
pub use usage::{UsageError, did_you_mean};
pub use vocabulary::{TextUnit, Vocabulary};
