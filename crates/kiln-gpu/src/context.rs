//! An open device, and the first thing that went wrong with it.

use crate::adapter::Adapter;
use kiln_tensor::{Error, Result};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long work may take before the device counts as stuck.
pub const TIMEOUT: Duration = Duration::from_secs(300);

/// A wgpu device and queue.
pub struct Context {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    failure: Arc<OnceLock<Error>>,
}

impl Context {
    /// Opens a device with exactly these limits and no optional features.
    pub fn open(adapter: &Adapter, limits: wgpu::Limits) -> Result<Self> {
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("kiln"),
            required_features: wgpu::Features::empty(),
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
        let first = failure.clone();
        device.on_uncaptured_error(Arc::new(move |error| {
            // Only the first failure is kept: later ones follow from it.
            let _ = first.set(Error::Shader { kernel: "gpu".to_string(), diagnostic: one_line(&error) });
        }));
        Ok(Context { device, queue, failure })
    }

    /// The first failure, if there was one. Calls on a lost device answer silently, so somebody must ask.
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

/// An error's text in one line.
pub fn one_line(error: &wgpu::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
