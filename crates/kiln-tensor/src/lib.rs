//! Strided tensors, the kernel vocabulary, the backend trait, and the CPU backend.
//!
//! An [`Array`] is a strided view of numbers on a [`Device`]. Whatever is computed is a [`Kernel`], a
//! value that a [`Backend`] runs; [`Device::cpu`] is the backend that comes with this crate.
//!
//! ```
//! use kiln_tensor::{Array, Device, Zip};
//! let device = Device::cpu();
//! let a = Array::from_slice(&[1.0f32, 2.0, 3.0], [3, 1], &device);
//! let b = Array::from_slice(&[10.0f32, 20.0], [2], &device);
//! assert_eq!(a.zip(Zip::Add, &b).to_vec::<f32>()?, [11.0, 21.0, 12.0, 22.0, 13.0, 23.0]);
//! # Ok::<(), kiln_tensor::Error>(())
//! ```

mod activation;
mod array;
pub mod axes;
mod backend;
mod cost;
pub mod cpu;
mod dims;
mod dtype;
mod error;
mod fault;
pub mod fused;
mod geometry;
pub mod gpu;
mod kernel;
mod layout;
mod memory;
mod meta;
pub mod random;
mod run;
mod watch;

pub use activation::Activation;
pub use array::Array;
pub use backend::{Backend, Device, DeviceBuffer, Limits, Pending, Storage, View, ViewMut};
pub use dims::{Dims, MAX_RANK};
pub use dtype::{DType, Element, Float};
pub use error::{Error, Result, ShapeError};
pub use fault::{NamedFaults, attempt, join_attempt};
pub use geometry::{ConvGeom, Pair, Window};
pub use kernel::{Compare, Distribution, FusedKernel, Kernel, Map, Reduce, Zip};
pub use layout::Layout;
pub use memory::{FreeList, MemoryStats, size_class};
pub use meta::Meta;
pub use watch::{KernelCall, Watcher, Watching, watch};
