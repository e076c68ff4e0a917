//! Decoded pixels that are kept, within a bound.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Bytes of a slab, but where a row is longer.
const SLAB: usize = 1 << 20;

/// Bytes that may still be kept; several caches share them.
#[derive(Debug)]
pub(crate) struct CacheBudget(AtomicU64);

impl CacheBudget {
    /// A budget of so many bytes.
    pub fn new(bytes: u64) -> Arc<CacheBudget> {
        Arc::new(CacheBudget(AtomicU64::new(bytes)))
    }

    fn take(&self, bytes: u64) -> bool {
        let left = |left: u64| left.checked_sub(bytes);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
    }

    fn give(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Rows of one length. The first that come are kept until there is no more room, and none is dropped for another:
/// an epoch visits each row once, in an order that is new each time, so no row is wanted sooner than another, and
/// what is exchanged was kept for nothing.
#[derive(Debug)]
pub(crate) struct PixelCache {
    row_len: usize,
    budget: Arc<CacheBudget>,
    full: AtomicBool,
    kept: RwLock<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// For each row one more than its place, or 0.
    places: Vec<u32>,
    slabs: Vec<Box<[u8]>>,
    /// Number of places in use.
    used: usize,
}

impl PixelCache {
    /// An empty cache for so many rows of so many bytes.
    pub fn new(rows: usize, row_len: usize, budget: Arc<CacheBudget>) -> PixelCache {
        let kept = RwLock::new(Kept { places: vec![0; rows], slabs: Vec::new(), used: 0 });
        PixelCache { row_len, budget, full: AtomicBool::new(false), kept }
    }

    /// Calls `take` with a row, if it is kept; whether it is.
    pub fn with(&self, row: usize, take: &mut dyn FnMut(&[u8])) -> bool {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = kept.places[row].checked_sub(1) else { return false };
        let (slab, at) = self.locate(place as usize);
        take(&kept.slabs[slab][at..][..self.row_len]);
        true
    }

    /// Keeps a row, if there is room.
    pub fn insert(&self, row: usize, bytes: &[u8]) {
        if self.full.load(Ordering::Relaxed) {
            return;
        }
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.places[row] != 0 {
            return;
        }
        let (slab, at) = self.locate(kept.used);
        if slab == kept.slabs.len() {
            // The last slab is no larger than what is left.
            let rows = (kept.places.len() - kept.used).min(self.rows_per_slab());
            let size = rows * self.row_len;
            if !self.budget.take(size as u64) {
                self.full.store(true, Ordering::Relaxed);
                return;
            }
            kept.slabs.push(vec![0; size].into_boxed_slice());
        }
        kept.slabs[slab][at..][..self.row_len].copy_from_slice(bytes);
        kept.used += 1;
        kept.places[row] = kept.used as u32;
    }

    /// Forgets all rows.
    pub fn clear(&self) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let bytes: usize = kept.slabs.iter().map(|slab| slab.len()).sum();
        self.budget.give(bytes as u64);
        *kept = Kept { places: vec![0; kept.places.len()], slabs: Vec::new(), used: 0 };
        self.full.store(false, Ordering::Relaxed);
    }

    fn rows_per_slab(&self) -> usize {
        (SLAB / self.row_len.max(1)).max(1)
    }

    fn locate(&self, place: usize) -> (usize, usize) {
        let rows = self.rows_per_slab();
        (place / rows, place % rows * self.row_len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(cache: &PixelCache, row: usize) -> Option<Vec<u8>> {
        let mut found = None;
        cache.with(row, &mut |bytes| found = Some(bytes.to_vec()));
        found
    }

    #[test]
    fn what_fits_is_kept_and_no_more() {
        // Rows of half a slab: two slabs of two rows each fit.
        let (rows, row_len) = (10, SLAB / 2);
        let budget = CacheBudget::new(2 * SLAB as u64 + 5);
        let cache = PixelCache::new(rows, row_len, budget.clone());
        for row in (0..rows).rev() {
            cache.insert(row, &vec![row as u8; row_len]);
            cache.insert(row, &vec![99; row_len]);
        }
        let kept: Vec<usize> = (0..rows).filter(|&row| get(&cache, row).is_some()).collect();
        assert_eq!(kept, [6, 7, 8, 9]);
        assert!(kept.iter().all(|&row| get(&cache, row).unwrap() == vec![row as u8; row_len]));
        assert_eq!(budget.0.load(Ordering::Relaxed), 5);
        cache.clear();
        assert_eq!((get(&cache, 9), budget.0.load(Ordering::Relaxed)), (None, 2 * SLAB as u64 + 5));
    }

    #[test]
    fn caches_share_a_budget_and_a_small_set_takes_what_it_needs() {
        let budget = CacheBudget::new(100);
        let [a, b] = [9, 20].map(|rows| PixelCache::new(rows, 10, budget.clone()));
        (0..9).for_each(|row| a.insert(row, &[1; 10]));
        b.insert(0, &[2; 10]);
        assert_eq!((get(&a, 8), get(&b, 0)), (Some(vec![1; 10]), None));
    }
}
