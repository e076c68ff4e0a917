//! An open device, and the first thing that went wrong with it.

use crate::adapter::Adapter;
use crate::cache::Cache;
use kiln_tensor::{Error, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// How long work may take before the device counts as stuck.
pub const TIMEOUT: Duration = Duration::from_secs(300);

/// A wgpu device and queue.
pub struct Context {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub cache: Option<Cache>,
    failure: Arc<OnceLock<Error>>,
    latest: Arc<Latest>,
}

/// What was last asked of a device: some errors come later and don't say what they are about.
struct Latest {
    kernel: Mutex<&'static str>,
    bytes: AtomicU64,
}

impl Latest {
    /// The error that wgpu tells of.
    fn blame(&self, error: &wgpu::Error) -> Error {
        let kernel = self.kernel.lock().unwrap_or_else(PoisonError::into_inner).to_string();
        match error {
            wgpu::Error::OutOfMemory { .. } => {
                Error::OutOfMemory { bytes: self.bytes.load(Ordering::Relaxed) as usize }
            }
            wgpu::Error::Validation { .. } => Error::Shader { kernel, diagnostic: one_line(error) },
            wgpu::Error::Internal { .. } => {
                Error::Shader { kernel, diagnostic: format!("the driver failed: {}", one_line(error)) }
            }
        }
    }
}

impl Context {
    /// Opens a device with exactly these limits and features.
    pub fn open(adapter: &Adapter, limits: wgpu::Limits, features: wgpu::Features) -> Result<Self> {
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("kiln"),
            required_features: features,
            required_limits: limits,
            memory_hints: wgpu::MemoryHints::Performance,
            ..Default::default()
        };
        let (device, queue) = pollster::block_on(adapter.inner.request_device(&descriptor))
            .map_err(|error| Error::NoAdapter { detail: format!("{adapter} can't be opened: {error}") })?;
        let failure = Arc::new(OnceLock::new());
        let first = failure.clone();
        device.set_device_lost_callback(move |why, message| {
            let reason = if message.is_empty() { format!("{why:?}") } else { message };
            let _ = first.set(Error::DeviceLost { reason });
        });
        let latest = Arc::new(Latest { kernel: Mutex::new("none yet"), bytes: AtomicU64::new(0) });
        let (first, last) = (failure.clone(), latest.clone());
        device.on_uncaptured_error(Arc::new(move |error| {
            // Only the first failure is kept: later ones follow from it.
            let _ = first.set(last.blame(&error));
        }));
        let cache = Cache::open(&device, &adapter.inner.get_info());
        Ok(Context { device, queue, cache, failure, latest })
    }

    /// This kernel is about to be recorded.
    pub fn recording(&self, kernel: &'static str) {
        *self.latest.kernel.lock().unwrap_or_else(PoisonError::into_inner) = kernel;
    }

    /// Writes the first bytes of a buffer, before all work that is submitted later.
    pub fn write(&self, buffer: &wgpu::Buffer, bytes: &[u8]) {
        self.latest.bytes.store(bytes.len() as u64, Ordering::Relaxed);
        self.queue.write_buffer(buffer, 0, bytes);
    }

    /// The first failure, if there was one. Calls on a lost device answer silently, so it must be asked for.
    pub fn check(&self) -> Result<()> {
        self.failure.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// Waits until a submission has run, or all of them.
    pub fn wait(&self, submission: Option<wgpu::SubmissionIndex>) -> Result<()> {
        let poll = wgpu::PollType::Wait { submission_index: submission, timeout: Some(TIMEOUT) };
        let result = self.device.poll(poll);
        self.check()?;
        match result {
            Ok(_) => Ok(()),
            Err(wgpu::PollError::Timeout) => Err(Error::Timeout { seconds: TIMEOUT.as_secs() }),
            Err(error) => Err(Error::DeviceLost { reason: error.to_string() }),
        }
    }

    /// Creates a buffer.
    pub fn buffer(&self, bytes: u64, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let descriptor =
            wgpu::BufferDescriptor { label: None, size: bytes, usage, mapped_at_creation: false };
        let buffer = self.device.create_buffer(&descriptor);
        match pollster::block_on(scope.pop()) {
            Some(_) => Err(Error::OutOfMemory { bytes: bytes as usize }),
            None => Ok(buffer),
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if let (Some(cache), Ok(())) = (&self.cache, self.check()) {
            cache.save();
        }
    }
}

/// An error's text in one line.
pub fn one_line(error: impl ToString) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_errors_name_the_latest_kernel() {
        let Ok(adapter) = Adapter::choose(None) else {
            return skipped_tests::skip("there is no adapter");
        };
        let context = Context::open(&adapter, wgpu::Limits::default(), wgpu::Features::empty()).unwrap();
        context.recording("softmax");
        // No buffer has both of these uses.
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::STORAGE;
        let _ = context.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 16,
            usage,
            mapped_at_creation: false,
        });
        let error = context.check().unwrap_err();
        assert!(matches!(&error, Error::Shader { kernel, .. } if kernel == "softmax"), "{error}");
    }
}
