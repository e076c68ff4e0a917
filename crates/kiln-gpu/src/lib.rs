//! The GPU backend: kiln's kernels as WGSL, run by wgpu on Vulkan, Metal and Direct3D 12.
//!
//! ```no_run
//! use kiln_gpu::{Adapter, Gpu};
//! use kiln_tensor::{Array, DType, Device};
//! let device = Device::new(Gpu::open(&Adapter::choose(None)?)?);
//! let x = Array::full(2.0, [3], DType::F32, &device);
//! assert_eq!(x.map(kiln_tensor::Map::Square).to_vec::<f32>()?, [4.0, 4.0, 4.0]);
//! # Ok::<(), kiln_tensor::Error>(())
//! ```
//!
//! Kernels are first [planned](plan), which needs no GPU: which shader, which numbers, how many workgroups.
//! The passes of a plan are recorded one after the other, and submitted when there are many or when
//! a value is read.
//!
//! For `wasm32` it compiles, and browsers' WebGPU takes all shaders, but it can't run there yet: it waits for adapters
//! and for values, and a browser's thread may not wait.

mod adapter;
mod cache;
mod context;
mod fit;
mod gpu;
mod pipelines;
pub mod plan;
mod pool;
mod shader;
mod stream;

pub use adapter::Adapter;
pub use gpu::Gpu;
