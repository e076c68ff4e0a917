//! Buffers of aligned memory, and the pool that hands them out again.

use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::memory::{FreeList, MemoryStats, size_class};
use std::sync::{Arc, Mutex, PoisonError};

/// One cache line, which is also the widest vector register.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
pub struct CacheLine([u8; 64]);

/// Memory for elements, aligned to a cache line. It goes back to its pool when dropped.
pub struct CpuBuffer {
    lines: Vec<CacheLine>,
    pool: Arc<BufferPool>,
}

impl CpuBuffer {
    /// Another buffer of the same pool.
    pub fn sibling(&self, dtype: DType, len: usize) -> Result<CpuBuffer> {
        self.pool.take(dtype, len)
    }

    pub fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.lines)
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.lines)
    }

    pub fn elements<T: Element>(&self, len: usize) -> &[T] {
        &bytemuck::cast_slice(&self.lines)[..len]
    }

    pub fn elements_mut<T: Element>(&mut self, len: usize) -> &mut [T] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..len]
    }
}

impl std::fmt::Debug for CpuBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} bytes", self.bytes().len())
    }
}

impl Drop for CpuBuffer {
    fn drop(&mut self) {
        self.pool.put(std::mem::take(&mut self.lines));
    }
}

/// Keeps the memory of dropped buffers for the next ones: a training step asks for the same sizes
/// again and again, and fresh pages cost a fault each.
#[derive(Debug, Default)]
pub struct BufferPool {
    shelves: Mutex<FreeBuffers>,
}

#[derive(Default)]
struct FreeBuffers {
    free: FreeList<Vec<CacheLine>>,
    stats: MemoryStats,
}

impl FreeBuffers {
    /// Takes the smallest free memory of at least `count` lines, of several the latest, unless more than a
    /// quarter of what is wanted would lie unused.
    fn fitting(&mut self, count: usize) -> Option<Vec<CacheLine>> {
        let most = count.saturating_add(count / 4);
        self.free.take_latest(count as u64..=most as u64, |lines| lines.len() <= most)
    }
}

impl std::fmt::Debug for FreeBuffers {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        self.stats.fmt(f)
    }
}

impl BufferPool {
    /// A buffer for `len` elements, with any content.
    pub fn take(self: &Arc<Self>, dtype: DType, len: usize) -> Result<CpuBuffer> {
        let wanted = len.saturating_mul(dtype.size());
        let count = size_class(wanted.div_ceil(size_of::<CacheLine>()) as u64) as usize;
        let bytes = count.saturating_mul(size_of::<CacheLine>());
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = match shelves.fitting(count) {
            Some(lines) => {
                shelves.stats.free_bytes -= size_of_val(&lines[..]);
                lines
            }
            None => {
                let lines = bytemuck::allocation::try_zeroed_vec(count)
                    .map_err(|()| Error::OutOfMemory { bytes: wanted })?;
                shelves.stats.fresh_bytes += bytes;
                lines
            }
        };
        shelves.stats.used_bytes += size_of_val(&lines[..]);
        shelves.stats.peak_bytes = shelves.stats.peak_bytes.max(shelves.stats.used_bytes);
        Ok(CpuBuffer { lines, pool: self.clone() })
    }

    fn put(&self, lines: Vec<CacheLine>) {
        let bytes = lines.len() * size_of::<CacheLine>();
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.stats.used_bytes -= bytes;
        shelves.stats.free_bytes += bytes;
        shelves.free.put(lines.len() as u64, lines);
        // A program whose sizes change would hoard. Steps whose sizes don't take up to a third more than was ever
        // in use at once, since a size that is free is not always one that is wanted.
        let FreeBuffers { free, stats } = &mut *shelves;
        while stats.used_bytes + stats.free_bytes > stats.peak_bytes + stats.peak_bytes / 2 {
            let Some(oldest) = free.give_up() else { break };
            stats.free_bytes -= size_of_val(&oldest[..]);
        }
    }

    pub fn stats(&self) -> MemoryStats {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner).stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again() {
        let pool = Arc::new(BufferPool::default());
        drop(pool.take(DType::F32, 1000).unwrap());
        let fresh = pool.stats().fresh_bytes;
        for _ in 0..10 {
            drop(pool.take(DType::F64, 500).unwrap());
        }
        assert_eq!(
            pool.stats(),
            MemoryStats { fresh_bytes: fresh, used_bytes: 0, peak_bytes: fresh, free_bytes: fresh }
        );
    }

    #[test]
    fn memory_of_other_sizes_makes_room() {
        let pool = Arc::new(BufferPool::default());
        (1..10).for_each(|i| drop(pool.take(DType::F32, 1000 * i).unwrap()));
        let fresh = pool.stats().fresh_bytes;
        for _ in 0..10 {
            drop(pool.take(DType::F32, 9000).unwrap());
        }
        let stats = pool.stats();
        assert_eq!(stats.fresh_bytes, fresh);
        assert!(stats.free_bytes <= stats.peak_bytes + stats.peak_bytes / 2);
    }

    /// Buffers of several sizes, never all at once: after a round or two nothing is taken from the system.
    #[test]
    fn rounds_of_changing_sizes_settle() {
        let pool = Arc::new(BufferPool::default());
        let round = || {
            for pair in [[9000, 1000], [8000, 3000], [2500, 7500], [900, 8800]] {
                drop(pair.map(|len| pool.take(DType::F32, len).unwrap()));
            }
        };
        (0..3).for_each(|_| round());
        let fresh = pool.stats().fresh_bytes;
        (0..10).for_each(|_| round());
        assert_eq!(pool.stats().fresh_bytes, fresh);
    }

    #[test]
    fn somewhat_larger_memory_serves_too() {
        let pool = Arc::new(BufferPool::default());
        drop(pool.take(DType::F32, 16_000).unwrap());
        let fresh = pool.stats().fresh_bytes;
        drop(pool.take(DType::F32, 14_000).unwrap());
        assert_eq!(pool.stats().fresh_bytes, fresh);
        drop(pool.take(DType::F32, 8_000).unwrap());
        assert!(pool.stats().fresh_bytes > fresh);
    }

    #[test]
    fn too_much_memory_is_an_error() {
        let pool = Arc::new(BufferPool::default());
        for len in [1 << 57, usize::MAX] {
            let error = pool.take(DType::F64, len).unwrap_err();
            assert!(matches!(error, Error::OutOfMemory { .. }), "{error}");
        }
    }
}
