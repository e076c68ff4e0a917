//! The backend.

use crate::adapter::Adapter;
use crate::context::Context;
use crate::plan;
use crate::pool::{GpuBuffer, Pool};
use crate::stream::{CommandStream, Copied};
use kiln_tensor::gpu::{Binding, Plan, PlanError};
use kiln_tensor::{
    Backend, DType, DeviceBuffer, Error, Kernel, Limits, MemoryStats, Pending, Result, Storage, View, ViewMut,
};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A GPU as a backend. Cheap to clone; clones are one device.
#[derive(Clone)]
pub struct Gpu(Arc<SharedGpu>);

struct SharedGpu {
    name: String,
    context: Arc<Context>,
    pool: Arc<Pool>,
    stream: Mutex<CommandStream>,
    limits: Limits,
}

impl Gpu {
    /// Opens an adapter with all that it can hold. Where it can keep compiled shaders, they go to a file in
    /// the user's cache folder, or the folder that the environment variable `KILN_CACHE_DIR` names.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] when it can't be opened.
    pub fn open(adapter: &Adapter) -> Result<Gpu> {
        let features = adapter.inner.features() & wgpu::Features::PIPELINE_CACHE;
        Gpu::with(adapter, adapter.inner.limits(), features)
    }

    /// Opens an adapter with just the limits that every WebGPU device has, and no optional features.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] when it can't be opened.
    pub fn with_default_limits(adapter: &Adapter) -> Result<Gpu> {
        Gpu::with(adapter, wgpu::Limits::default(), wgpu::Features::empty())
    }

    fn with(adapter: &Adapter, limits: wgpu::Limits, features: wgpu::Features) -> Result<Gpu> {
        // Positions in a buffer are counted in u32.
        let largest = limits.max_buffer_size.min(limits.max_storage_buffer_binding_size).min(1 << 33) & !3;
        let context = Arc::new(Context::open(adapter, limits, features)?);
        let pool = Pool::new(context.clone(), largest);
        let stream = Mutex::new(CommandStream::new(context.clone(), pool.clone())?);
        let limits = Limits { max_buffer_bytes: largest, dtypes: vec![DType::F32, DType::U32] };
        Ok(Gpu(Arc::new(SharedGpu {
            name: format!("gpu:{}", adapter.name()),
            context,
            pool,
            stream,
            limits,
        })))
    }

    /// Loses the device, as a driver does that fails: later work on it returns [`Error::DeviceLost`].
    pub fn lose(&self) {
        self.0.context.device.destroy();
        // The callback that tells of it comes with a poll.
        let _ = self.0.context.device.poll(wgpu::PollType::Poll);
    }

    /// Runs a plan, which a [`FusedKernel`](kiln_tensor::FusedKernel) or [`plan`](crate::plan::plan) made, on the
    /// tensors of a call.
    ///
    /// # Errors
    /// When a shader doesn't compile, or the device fails.
    pub fn run_plan(&self, plan: &Plan, ins: &[View], outs: &[View]) -> Result<()> {
        let scratch = |words: &usize| self.0.pool.take(4 * *words as u64);
        let scratch: Vec<GpuBuffer> = plan.scratch.iter().map(scratch).collect::<Result<_>>()?;
        let mut stream = self.stream();
        for pass in &plan.passes {
            let find = |binding: &Binding| {
                Ok(match *binding {
                    Binding::In(i) => Some(self.buffer(ins[i].storage)?),
                    Binding::Out(i) => Some(self.buffer(outs[i].storage)?),
                    Binding::Scratch(i) => Some(&scratch[i].raw),
                    Binding::Fault => None,
                })
            };
            let buffers: Vec<_> = pass.reads.iter().chain(&pass.writes).map(find).collect::<Result<_>>()?;
            stream.record(pass, &buffers)?;
        }
        Ok(())
    }

    fn stream(&self) -> MutexGuard<'_, CommandStream> {
        self.0.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, copied: Copied) -> Result<Vec<u8>> {
        // The stream must not be held while the device works: others may record meanwhile.
        let submission = self.stream().submission(&copied)?;
        copied.wait(&self.0.context, submission)
    }

    fn check_dtype(&self, dtype: DType) -> Result<()> {
        if self.0.limits.dtypes.contains(&dtype) {
            return Ok(());
        }
        Err(Error::Unsupported {
            backend: self.0.name.clone(),
            kernel: "alloc",
            reason: format!("it has no {dtype}; convert to f32 first, or use the CPU"),
        })
    }

    fn buffer<'a>(&self, storage: &'a Storage) -> Result<&'a wgpu::Buffer> {
        let buffer = storage.buffer::<GpuBuffer>().ok_or_else(|| Error::Unsupported {
            backend: self.0.name.clone(),
            kernel: "buffer",
            reason: "the elements are not in this device's memory".to_string(),
        })?;
        Ok(&buffer.raw)
    }
}

impl Backend for Gpu {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn alloc(&self, dtype: DType, len: usize) -> Result<DeviceBuffer> {
        self.check_dtype(dtype)?;
        self.0.context.check()?;
        Ok(Box::new(self.0.pool.take((len as u64).saturating_mul(dtype.size() as u64))?))
    }

    fn upload(&self, dtype: DType, bytes: &[u8]) -> Result<DeviceBuffer> {
        self.check_dtype(dtype)?;
        self.0.context.check()?;
        let buffer = self.0.pool.take_idle(bytes.len() as u64)?;
        self.0.context.write(&buffer.raw, bytes);
        self.stream().uploaded(bytes.len())?;
        Ok(Box::new(buffer))
    }

    fn run(&self, kernel: &Kernel, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        let views: Vec<View> = outs.iter().map(ViewMut::view).collect();
        let plan = plan::plan(kernel, ins, &views).map_err(|error| match error {
            PlanError::Unsupported(reason) => {
                Error::Unsupported { backend: self.0.name.clone(), kernel: kernel.name(), reason }
            }
            PlanError::TooLarge { need, have } => Error::LimitExceeded {
                what: format!("a view of `{}` in elements", kernel.name()),
                need,
                have,
            },
        })?;
        self.run_plan(&plan, ins, &views)
    }

    fn read(&self, storage: &Storage, range: Range<usize>) -> Pending {
        let size = storage.dtype().size();
        let (start, bytes) = ((range.start * size) as u64, range.len() * size);
        let copied =
            self.buffer(storage).and_then(|b| self.stream().copy((bytes > 0).then_some(b), start, bytes));
        let gpu = self.clone();
        Pending::new(move || gpu.wait(copied?))
    }

    fn flush(&self) -> Result<()> {
        let copied = self.stream().copy(None, 0, 0)?;
        self.wait(copied).map(drop)
    }

    fn limits(&self) -> &Limits {
        &self.0.limits
    }

    fn memory(&self) -> MemoryStats {
        self.0.pool.stats()
    }
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}
