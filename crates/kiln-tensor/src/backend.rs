//! Duties of a device, and the handles through which everything else uses it.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::fault;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::memory::MemoryStats;
use crate::meta::Meta;
use std::any::Any;
use std::fmt::{self, Debug};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Memory behind a [`Storage`], in the backend's own form.
pub type DeviceBuffer = Box<dyn Any + Send + Sync>;

/// Keeper of buffers, and runner of kernels on them.
///
/// Work may be queued; `read` and `flush` wait for it.
pub trait Backend: Debug + Send + Sync + 'static {
    /// A short name, such as `cpu`.
    fn name(&self) -> &str;

    /// Whether a kernel has run, or has failed and done nothing, when `run` returns. An error of such a backend is a fault of
    /// the very call that returns it, and the backend goes on. Any error of another one, whose kernels may be queued, may come
    /// of an earlier call, so the device counts as failed from then on.
    fn runs_at_once(&self) -> bool {
        false
    }

    /// A buffer for `len` elements, with any content.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    fn alloc(&self, dtype: DType, len: usize) -> Result<DeviceBuffer>;

    /// A buffer with the elements whose bytes are given, in the machine's byte order.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    fn upload(&self, dtype: DType, bytes: &[u8]) -> Result<DeviceBuffer>;

    /// Runs a kernel, whose call has been checked.
    ///
    /// # Errors
    /// When the device fails.
    fn run(&self, kernel: &Kernel, ins: &[View], outs: &mut [ViewMut]) -> Result<()>;

    /// The bytes of a contiguous range of elements, once all earlier kernels have run.
    fn read(&self, storage: &Storage, range: Range<usize>) -> Pending;

    /// Starts all queued work and waits for it.
    ///
    /// # Errors
    /// The first failure of a queued kernel, or why none can run.
    fn flush(&self) -> Result<()>;

    /// Limits of the backend's buffers and types.
    fn limits(&self) -> &Limits;

    /// Memory that its buffers take.
    fn memory(&self) -> MemoryStats;
}

/// Limits of a backend: sizes and element types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the largest buffer, in bytes.
    pub max_buffer_bytes: u64,
    /// Element types it computes with.
    pub dtypes: Vec<DType>,
}

/// Bytes on their way from a device.
pub struct Pending(Box<dyn FnOnce() -> Result<Vec<u8>> + Send>);

impl Pending {
    /// Bytes that are obtained by calling `wait`.
    pub fn new(wait: impl FnOnce() -> Result<Vec<u8>> + Send + 'static) -> Self {
        Pending(Box::new(wait))
    }

    /// Bytes that are already here.
    pub fn ready(result: Result<Vec<u8>>) -> Self {
        Pending::new(move || result)
    }

    /// Waits for the bytes.
    ///
    /// # Errors
    /// The failure of the device, if it failed before or while reading.
    pub fn wait(self) -> Result<Vec<u8>> {
        (self.0)()
    }
}

/// A handle to a device. Cheap to clone; equal when it is the same device.
///
/// The CPU runs kernels at once, so what goes wrong, such as an index out of range or too little memory, is a fault of that
/// call: it panics there, or [`attempt`](crate::attempt) returns it, and the device goes on. A GPU finds out later. It
/// remembers its first error: later kernels on it do nothing, and whatever brings values to the host returns that error.
#[derive(Clone)]
pub struct Device(Arc<DeviceState>);

struct DeviceState {
    backend: Arc<dyn Backend>,
    failure: OnceLock<Error>,
    kernels: AtomicU64,
    copies: AtomicU64,
}

impl Device {
    /// A device that runs on `backend`.
    pub fn new(backend: impl Backend) -> Self {
        Device::on(Arc::new(backend))
    }

    /// Another device on the same backend, which doesn't remember a failure of this one. Tensors of one are not
    /// on the other.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Device::on(self.0.backend.clone())
    }

    fn on(backend: Arc<dyn Backend>) -> Self {
        Device(Arc::new(DeviceState {
            backend,
            failure: OnceLock::new(),
            kernels: AtomicU64::new(0),
            copies: AtomicU64::new(0),
        }))
    }

    /// The backend's name.
    pub fn name(&self) -> &str {
        self.0.backend.name()
    }

    /// Limits of the device's buffers and types.
    pub fn limits(&self) -> &Limits {
        self.0.backend.limits()
    }

    /// Whether kernels that are run now compute anything.
    ///
    /// # Errors
    /// The first error of a failed device, or the fault of the [`attempt`](crate::attempt) that this thread is in.
    pub fn status(&self) -> Result<()> {
        self.0.failure.get().cloned().or_else(fault::raised).map_or(Ok(()), Err)
    }

    /// Memory that the device's buffers take.
    pub fn memory(&self) -> MemoryStats {
        self.0.backend.memory()
    }

    /// Starts all queued work and waits for it.
    ///
    /// # Errors
    /// The device's first failure.
    pub fn flush(&self) -> Result<()> {
        self.status()?;
        self.late(self.0.backend.flush())
    }

    /// Number of kernels that have been run on this device.
    pub fn kernel_count(&self) -> u64 {
        self.0.kernels.load(Ordering::Relaxed)
    }

    /// Number of writes in place that had to copy first because the storage was shared.
    pub fn copy_on_write_count(&self) -> u64 {
        self.0.copies.load(Ordering::Relaxed)
    }

    pub(crate) fn count_copy_on_write(&self) {
        self.0.copies.fetch_add(1, Ordering::Relaxed);
    }

    /// Storage for an array whose elements will lie in order.
    #[track_caller]
    pub(crate) fn alloc(&self, meta: Meta) -> Storage {
        self.storage(meta, |len| self.0.backend.alloc(meta.dtype, len))
    }

    /// Storage with the elements of an array in order.
    #[track_caller]
    pub(crate) fn upload(&self, meta: Meta, bytes: &[u8]) -> Storage {
        self.storage(meta, |_| self.0.backend.upload(meta.dtype, bytes))
    }

    /// Storage for an array that the host has no room for.
    #[track_caller]
    pub(crate) fn no_room(&self, meta: Meta) -> Storage {
        self.storage(meta, |len| Err(Error::OutOfMemory { bytes: len.saturating_mul(meta.dtype.size()) }))
    }

    #[track_caller]
    fn storage(&self, meta: Meta, make: impl FnOnce(usize) -> Result<DeviceBuffer>) -> Storage {
        let layout = Layout::contiguous(meta.dims);
        let len = layout.numel();
        let halted = self.status();
        let buffer = halted.clone().and_then(|()| make(len));
        if let (Ok(()), Err(error)) = (halted, &buffer) {
            self.fail(error.clone());
        }
        let (id, buffer) = (NEXT_STORAGE.fetch_add(1, Ordering::Relaxed), buffer.map_err(Box::new));
        Storage(Arc::new(Allocation { id, device: self.clone(), dtype: meta.dtype, len, layout, buffer }))
    }

    /// Runs a kernel by `f`, unless the device or the attempt has failed, or what it reads isn't there.
    #[track_caller]
    pub(crate) fn compute(
        &self,
        kernel: &Kernel,
        ins: &[View],
        outs: &mut [ViewMut],
        f: impl FnOnce(&dyn Backend, &mut [ViewMut]) -> Result<()>,
    ) {
        let mut result = self.status();
        if result.is_ok() {
            let mut storages =
                ins.iter().map(|view| view.storage).chain(outs.iter().map(|view| &*view.storage));
            result = storages.try_for_each(Storage::there);
            if result.is_ok() {
                self.0.kernels.fetch_add(1, Ordering::Relaxed);
                result = f(&*self.0.backend, outs);
            }
            if let Err(error) = &result {
                self.fail(error.clone());
            }
        }
        if let (Err(error), false) = (result, kernel.in_place()) {
            outs.iter_mut().for_each(|out| out.storage.lose(&error));
        }
    }

    pub(crate) fn begin_read(&self, storage: &Storage, range: Range<usize>) -> Result<Pending> {
        self.status()?;
        storage.there()?;
        Ok(self.0.backend.read(storage, range))
    }

    pub(crate) fn finish_read(&self, pending: Result<Pending>) -> Result<Vec<u8>> {
        self.late(pending.and_then(Pending::wait))
    }

    /// The result of something that waits, whose error may be that of any kernel before it.
    fn late<T>(&self, result: Result<T>) -> Result<T> {
        if let (Err(error), false) = (&result, self.0.backend.runs_at_once()) {
            self.remember(error.clone());
        }
        result
    }

    /// Tells of a call that failed: the caller, if that is certain to be its own fault.
    #[track_caller]
    fn fail(&self, error: Error) {
        if self.0.backend.runs_at_once() {
            fault::raise(error);
        } else {
            self.remember(error);
        }
    }

    fn remember(&self, error: Error) {
        // Only the first failure is kept: later ones follow from it.
        let _ = self.0.failure.set(error);
    }
}

impl PartialEq for Device {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Device {}

impl Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A flat run of elements on a device, shared by all views of it.
///
/// Storage that is shared is never written.
#[derive(Clone, Debug)]
pub struct Storage(Arc<Allocation>);

static NEXT_STORAGE: AtomicU64 = AtomicU64::new(1);

#[derive(Debug)]
struct Allocation {
    id: u64,
    device: Device,
    dtype: DType,
    len: usize,
    /// All elements in order, with the dims of the array it was made for: arrays that lie so keep no layout of their own.
    layout: Layout,
    /// The memory, or why there is none.
    buffer: Result<DeviceBuffer, Box<Error>>,
}

impl Storage {
    /// The device it is on.
    pub fn device(&self) -> &Device {
        &self.0.device
    }

    /// The type of its elements.
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// Whether this is the only handle to it, so that it may be written.
    pub fn is_unique(&mut self) -> bool {
        Arc::get_mut(&mut self.0).is_some()
    }

    /// A number that no other storage of this process has or ever had.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// Whether two handles share one storage.
    pub fn same(&self, other: &Storage) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether there is memory for it, and something was written there.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn there(&self) -> Result<()> {
        self.0.buffer.as_ref().map(drop).map_err(|error| Error::clone(error))
    }

    /// Gives up its memory: what was to be written there was not.
    fn lose(&mut self, error: &Error) {
        if let Some(allocation) = Arc::get_mut(&mut self.0) {
            allocation.buffer = Err(Box::new(error.clone()));
        }
    }

    /// All elements in order, with the dims of the array it was made for.
    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }

    /// The backend's buffer, if it is of type `T`.
    pub fn buffer<T: 'static>(&self) -> Option<&T> {
        self.0.buffer.as_ref().ok()?.downcast_ref()
    }

    /// The backend's buffer for writing, if it is of type `T` and this is the only handle to the storage.
    pub fn buffer_mut<T: 'static>(&mut self) -> Option<&mut T> {
        Arc::get_mut(&mut self.0)?.buffer.as_mut().ok()?.downcast_mut()
    }
}

/// A strided view that a kernel reads.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The elements.
    pub storage: &'a Storage,
    /// Those that are seen, and their order.
    pub layout: &'a Layout,
}

impl<'a> View<'a> {
    /// Dims and element type.
    pub fn meta(&self) -> Meta {
        Meta { dims: *self.layout.dims(), dtype: self.storage.dtype() }
    }
}

/// A strided view that a kernel writes.
#[derive(Debug)]
pub struct ViewMut<'a> {
    /// The elements, which no other handle shares.
    pub storage: &'a mut Storage,
    /// Those that are seen, and their order; no element occurs twice.
    pub layout: Layout,
}

impl ViewMut<'_> {
    /// The same elements for reading.
    pub fn view(&self) -> View<'_> {
        View { storage: self.storage, layout: &self.layout }
    }

    /// Dims and element type.
    pub fn meta(&self) -> Meta {
        Meta { dims: *self.layout.dims(), dtype: self.storage.dtype() }
    }
}
