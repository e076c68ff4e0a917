//! Buffers, and the pool that hands them out again.

use crate::context::Context;
use kiln_tensor::{Error, FreeList, MemoryStats, Result, size_class};
use std::sync::{Arc, Mutex, PoisonError};

/// The smallest buffer, in bytes.
const SMALLEST: u64 = 256;
/// Free bytes that are always kept: uploads can't use what was dropped since the last submission.
const SPARE: usize = 16 << 20;

/// One buffer of the device. It goes back to its pool when dropped.
pub struct GpuBuffer {
    pub raw: wgpu::Buffer,
    pool: Arc<Pool>,
}

impl Drop for GpuBuffer {
    fn drop(&mut self) {
        self.pool.put(self.raw.clone());
    }
}

/// Keeps the memory of dropped buffers for the next ones.
///
/// A buffer may be taken again while work that reads it is still queued: later work in the same queue
/// comes after it. Uploads don't, they come before all work not yet submitted; so they take a buffer that
/// was dropped before the last submission.
pub struct Pool {
    context: Arc<Context>,
    largest: u64,
    shelves: Mutex<Shelves>,
}

#[derive(Default)]
struct Shelves {
    /// Free buffers and the batch in which they were dropped.
    free: FreeList<(wgpu::Buffer, u64)>,
    /// The number of submissions so far.
    batch: u64,
    stats: MemoryStats,
}

impl Pool {
    /// An empty pool of buffers up to `largest` bytes.
    pub fn new(context: Arc<Context>, largest: u64) -> Arc<Self> {
        Arc::new(Pool { context, largest, shelves: Mutex::default() })
    }

    /// A buffer of at least `bytes`, for results of queued work.
    pub fn take(self: &Arc<Self>, bytes: u64) -> Result<GpuBuffer> {
        self.find(bytes, false)
    }

    /// A buffer of at least `bytes` that no unsubmitted work uses.
    pub fn take_idle(self: &Arc<Self>, bytes: u64) -> Result<GpuBuffer> {
        self.find(bytes, true)
    }

    fn find(self: &Arc<Self>, bytes: u64, idle: bool) -> Result<GpuBuffer> {
        if bytes > self.largest {
            return Err(Error::LimitExceeded {
                what: "a tensor's buffer in bytes".to_string(),
                need: bytes,
                have: self.largest,
            });
        }
        let size = class_bytes(bytes).min(self.largest);
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let batch = shelves.batch;
        let found = if idle {
            shelves.free.take_oldest(size..=size, |(_, dropped)| *dropped != batch)
        } else {
            shelves.free.take_latest(size..=size, |_| true)
        };
        let raw = match found {
            Some((buffer, _)) => {
                shelves.stats.free_bytes -= size as usize;
                buffer
            }
            None => {
                use wgpu::BufferUsages as Use;
                let buffer = self.context.buffer(size, Use::STORAGE | Use::COPY_SRC | Use::COPY_DST)?;
                shelves.stats.fresh_bytes += size as usize;
                buffer
            }
        };
        shelves.stats.used_bytes += size as usize;
        shelves.stats.peak_bytes = shelves.stats.peak_bytes.max(shelves.stats.used_bytes);
        Ok(GpuBuffer { raw, pool: self.clone() })
    }

    fn put(&self, buffer: wgpu::Buffer) {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let (size, batch) = (buffer.size() as usize, shelves.batch);
        shelves.stats.used_bytes -= size;
        shelves.stats.free_bytes += size;
        shelves.free.put(size as u64, (buffer, batch));
        // Keep no more than was ever in use at once, or a program whose sizes change would hoard.
        while shelves.stats.free_bytes > shelves.stats.peak_bytes.max(SPARE) {
            let (oldest, _) = shelves.free.give_up().expect("free bytes are in free buffers");
            shelves.stats.free_bytes -= oldest.size() as usize;
        }
    }

    /// All recorded work has been submitted.
    pub fn submitted(&self) {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner).batch += 1;
    }

    pub fn stats(&self) -> MemoryStats {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner).stats
    }
}

/// Size in bytes of the buffer that is handed out for `bytes`, whole words.
fn class_bytes(bytes: u64) -> u64 {
    4 * size_class(bytes.max(SMALLEST).div_ceil(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_classes_waste_little() {
        for bytes in (0..40_000).step_by(4) {
            let class = class_bytes(bytes);
            assert!(
                class >= bytes.max(SMALLEST) && class <= bytes.max(SMALLEST) * 9 / 8 + 4,
                "{bytes} -> {class}"
            );
            assert!(class.is_multiple_of(4) && class_bytes(class) == class);
        }
    }
}
