//! The CPU backend: rayon over matrixmultiply and plain loops.
//!
//! Results don't depend on the number of threads: how work is cut depends on shapes alone, and every
//! sum is added in one fixed order.

mod argmax;
mod buffer;
mod conv;
mod dense;
mod elementary;
mod elementwise;
pub(crate) mod fold;
mod gather;
mod gemm;
pub(crate) mod pool;
mod random;
mod reduce;
mod scratch;
mod sgemm;
mod simd;
mod split;
mod storage;
mod tile;
mod tiles;
mod walk;

use crate::backend::{Backend, Device, DeviceBuffer, Limits, Pending, Storage, View, ViewMut};
use crate::dtype::{DType, with_float};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::memory::MemoryStats;
use buffer::BufferPool;
pub use conv::{BatchInvariance, convolutions};
pub(crate) use elementary::Elementary;
pub(crate) use gemm::{gemm, matmul_then};
pub(crate) use scratch::Scratch;
pub(crate) use simd::{Isa, compiled};
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use storage::buffer_of;
pub(crate) use tile::transposed;

/// The CPU as a device. Kernels run at once, on rayon's current thread pool.
#[derive(Debug)]
pub struct Cpu {
    pool: Arc<BufferPool>,
    limits: Limits,
}

impl Cpu {
    /// A CPU with a buffer pool of its own; most programs share [`Device::cpu`](crate::Device::cpu).
    pub fn new() -> Self {
        let limits =
            Limits { max_buffer_bytes: isize::MAX as u64, dtypes: vec![DType::F32, DType::F64, DType::U32] };
        Cpu { pool: Arc::default(), limits }
    }
}

/// Name of the instruction set that this process computes with, which `KILN_SIMD` can choose among those that the
/// processor has: `avx512`, `avx2`, `neon` or `portable`. All give the same bits.
///
/// # Errors
/// When `KILN_SIMD` names none of them.
pub fn instructions() -> Result<&'static str> {
    Ok(Isa::chosen()?.name())
}

impl Device {
    /// The CPU; one for the whole process.
    pub fn cpu() -> Self {
        static CPU: OnceLock<Device> = OnceLock::new();
        CPU.get_or_init(|| Device::new(Cpu::new())).clone()
    }
}

impl Default for Cpu {
    fn default() -> Self {
        Cpu::new()
    }
}

/// Runs `$body` with the type `$element` that `$dtype` names.
macro_rules! with_element {
    ($dtype:expr, $element:ident => $body:expr) => {
        match $dtype {
            DType::F32 => {
                type $element = f32;
                $body
            }
            DType::F64 => {
                type $element = f64;
                $body
            }
            DType::U32 => {
                type $element = u32;
                $body
            }
        }
    };
}

impl Backend for Cpu {
    fn name(&self) -> &str {
        "cpu"
    }

    fn runs_at_once(&self) -> bool {
        true
    }

    fn alloc(&self, dtype: DType, len: usize) -> Result<DeviceBuffer> {
        Ok(Box::new(self.pool.take(dtype, len)?))
    }

    fn upload(&self, dtype: DType, bytes: &[u8]) -> Result<DeviceBuffer> {
        let mut buffer = self.pool.take(dtype, bytes.len() / dtype.size())?;
        buffer.bytes_mut()[..bytes.len()].copy_from_slice(bytes);
        Ok(Box::new(buffer))
    }

    fn run(&self, kernel: &Kernel, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        if let Kernel::Fused(kernel) = kernel {
            return kernel.cpu(ins, outs);
        }
        // Names of instruction sets that the processor doesn't have are found here.
        Isa::chosen()?;
        let [out] = outs else { unreachable!("the kernel's check allows one output") };
        let dtype = out.storage.dtype();
        match kernel {
            Kernel::Fill(value) => with_element!(dtype, T => elementwise::fill::<T>(*value, out)),
            Kernel::Copy => {
                let [x] = inputs(ins);
                with_element!(x.storage.dtype(), S => with_element!(dtype, T => elementwise::copy::<S, T>(x, out)));
            }
            Kernel::Accumulate => {
                let [x] = inputs(ins);
                with_float!(dtype, T => elementwise::accumulate::<T>(x, out));
            }
            Kernel::Map(f) => {
                let [x] = inputs(ins);
                with_float!(dtype, T => elementwise::map::<T>(*f, x, out));
            }
            Kernel::Zip(f) => {
                let [a, b] = inputs(ins);
                with_float!(dtype, T => elementwise::zip::<T>(*f, a, b, out));
            }
            Kernel::Compare(f) => {
                let [a, b] = inputs(ins);
                with_element!(a.storage.dtype(), T => elementwise::compare::<T>(*f, a, b, out));
            }
            Kernel::Select => {
                let [mask, a, b] = inputs(ins);
                with_element!(dtype, T => elementwise::select::<T>(mask, a, b, out));
            }
            Kernel::Reduce(f) => {
                let [x] = inputs(ins);
                with_float!(dtype, T => reduce::run::<T>(*f, x, out))?;
            }
            Kernel::ArgMax { axis } => {
                let [x] = inputs(ins);
                with_element!(x.storage.dtype(), T => argmax::run::<T>(*axis, x, out));
            }
            Kernel::Matmul => {
                let [a, b] = inputs(ins);
                with_float!(dtype, T => gemm::matmul::<T>(a, b, out))?;
            }
            Kernel::Conv(g) => {
                let [x, w] = inputs(ins);
                with_float!(dtype, T => conv::forward::<T>(g, x, w, out))?;
            }
            Kernel::ConvTranspose(g) => {
                let [y, w] = inputs(ins);
                with_float!(dtype, T => conv::transpose::<T>(g, y, w, out))?;
            }
            Kernel::ConvWeight(g) => {
                let [x, y] = inputs(ins);
                with_float!(dtype, T => conv::weight::<T>(g, x, y, out))?;
            }
            Kernel::AvgPool(g) => {
                let [x] = inputs(ins);
                with_float!(dtype, T => pool::average::<T>(g, x, out))?;
            }
            Kernel::AvgPoolAdjoint(g) => {
                let [y] = inputs(ins);
                with_float!(dtype, T => pool::average_adjoint::<T>(g, y, out))?;
            }
            Kernel::MaxPoolIndex(g) => {
                let [x] = inputs(ins);
                with_float!(x.storage.dtype(), T => pool::max_index::<T>(g, x, out))?;
            }
            Kernel::Gather { axis } => {
                let [x, index] = inputs(ins);
                with_element!(dtype, T => gather::gather::<T>(*axis, x, index, out))?;
            }
            Kernel::ScatterAdd { axis } => {
                let [v, index] = inputs(ins);
                with_float!(dtype, T => gather::scatter_add::<T>(*axis, v, index, out))?;
            }
            Kernel::Random { key, distribution } => {
                with_element!(dtype, T => random::run::<T>(*key, *distribution, out));
            }
            Kernel::Fused(_) => unreachable!("it has run"),
        }
        Ok(())
    }

    fn read(&self, storage: &Storage, range: Range<usize>) -> Pending {
        let size = storage.dtype().size();
        let bytes = buffer_of(storage).and_then(|buffer| {
            let bytes = &buffer.bytes()[range.start * size..range.end * size];
            let mut copy = Vec::new();
            copy.try_reserve_exact(bytes.len()).map_err(|_| Error::OutOfMemory { bytes: bytes.len() })?;
            copy.extend_from_slice(bytes);
            Ok(copy)
        });
        Pending::ready(bytes)
    }

    /// Nothing is queued, but a variable of the environment may ask for what isn't there.
    fn flush(&self) -> Result<()> {
        Isa::chosen()?;
        convolutions().map(drop)
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn memory(&self) -> MemoryStats {
        self.pool.stats()
    }
}

/// The inputs of a call, which are as many as the kernel's check allows.
fn inputs<'a, 'b, const N: usize>(ins: &'a [View<'b>]) -> &'a [View<'b>; N] {
    ins.try_into().expect("the kernel's check allows no other number of inputs")
}
