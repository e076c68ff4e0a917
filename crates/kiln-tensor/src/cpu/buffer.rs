//! Buffers of aligned memory, and the pool that hands them out again.

use crate::backend::MemoryStats;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// One cache line, which is also the widest vector register.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
pub struct Line([u8; 64]);

/// Memory for elements, aligned to a cache line. It goes back to its pool when dropped.
pub struct CpuBuffer {
    lines: Vec<Line>,
    pool: Arc<Pool>,
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
pub struct Pool {
    shelves: Mutex<Shelves>,
}

#[derive(Default)]
struct Shelves {
    /// Free memory, that which lay longest first.
    free: VecDeque<Vec<Line>>,
    stats: MemoryStats,
}

impl std::fmt::Debug for Shelves {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        self.stats.fmt(f)
    }
}

impl Pool {
    /// A buffer for `len` elements, with any content.
    pub fn take(self: &Arc<Self>, dtype: DType, len: usize) -> Result<CpuBuffer> {
        let wanted = len.saturating_mul(dtype.size());
        let count = size_class(wanted.div_ceil(size_of::<Line>()));
        let bytes = count.saturating_mul(size_of::<Line>());
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let found = shelves.free.iter().rposition(|lines| lines.len() == count);
        let lines = match found.and_then(|i| shelves.free.remove(i)) {
            Some(lines) => {
                shelves.stats.free_bytes -= bytes;
                lines
            }
            None => {
                let lines = bytemuck::allocation::try_zeroed_vec(count)
                    .map_err(|()| Error::OutOfMemory { bytes: wanted })?;
                shelves.stats.fresh_bytes += bytes;
                lines
            }
        };
        shelves.stats.used_bytes += bytes;
        shelves.stats.peak_bytes = shelves.stats.peak_bytes.max(shelves.stats.used_bytes);
        Ok(CpuBuffer { lines, pool: self.clone() })
    }

    fn put(&self, lines: Vec<Line>) {
        let bytes = lines.len() * size_of::<Line>();
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.stats.used_bytes -= bytes;
        shelves.stats.free_bytes += bytes;
        shelves.free.push_back(lines);
        // Keep no more than was ever in use at once, or a program whose sizes change would hoard.
        while shelves.stats.free_bytes > shelves.stats.peak_bytes {
            let oldest = shelves.free.pop_front().expect("free bytes are in free memory");
            shelves.stats.free_bytes -= oldest.len() * size_of::<Line>();
        }
    }

    pub fn stats(&self) -> MemoryStats {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner).stats
    }
}

/// Rounds up to one of eight sizes an octave, so that at most an eighth of a buffer is unused and
/// neighbouring sizes can share memory.
fn size_class(lines: usize) -> usize {
    let step = (lines.checked_next_power_of_two().unwrap_or(lines) / 16).max(1);
    lines.div_ceil(step).saturating_mul(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again() {
        let pool = Arc::new(Pool::default());
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
        let pool = Arc::new(Pool::default());
        (1..10).for_each(|i| drop(pool.take(DType::F32, 1000 * i).unwrap()));
        let fresh = pool.stats().fresh_bytes;
        for _ in 0..10 {
            drop(pool.take(DType::F32, 9000).unwrap());
        }
        let stats = pool.stats();
        assert_eq!(stats.fresh_bytes, fresh);
        assert!(stats.free_bytes <= stats.peak_bytes);
    }

    #[test]
    fn too_much_memory_is_an_error() {
        let pool = Arc::new(Pool::default());
        for len in [1 << 57, usize::MAX] {
            let error = pool.take(DType::F64, len).unwrap_err();
            assert!(matches!(error, Error::OutOfMemory { .. }), "{error}");
        }
    }

    #[test]
    fn size_classes_waste_little() {
        for lines in 1..5000 {
            let class = size_class(lines);
            assert!(class >= lines && class <= lines + lines / 8 + 1, "{lines} -> {class}");
            assert_eq!(size_class(class), class);
        }
    }
}
