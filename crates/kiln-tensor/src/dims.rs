//! The lengths of a tensor's axes, kept inline.

use crate::error::ShapeError;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// The largest number of axes a tensor can have.
pub const MAX_RANK: usize = 8;

/// The lengths of a tensor's axes, outermost first. Rank 0 is a scalar.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dims {
    rank: u8,
    // Entries past the rank stay 0, so that equality and hashing can be derived.
    lengths: [usize; MAX_RANK],
}

impl Dims {
    /// The dims of a scalar.
    pub const SCALAR: Dims = Dims { rank: 0, lengths: [0; MAX_RANK] };

    /// Dims from a slice of lengths.
    ///
    /// # Panics
    /// When there are more than [`MAX_RANK`] axes.
    #[track_caller]
    pub fn new(lengths: &[usize]) -> Self {
        assert!(lengths.len() <= MAX_RANK, "rank {} is over the largest, {MAX_RANK}", lengths.len());
        let mut dims = Dims { rank: lengths.len() as u8, lengths: [0; MAX_RANK] };
        dims.lengths[..lengths.len()].copy_from_slice(lengths);
        dims
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        usize::from(self.rank)
    }

    /// The number of elements: the product of the lengths, 1 for a scalar.
    pub fn numel(&self) -> usize {
        self.iter().product()
    }

    /// The number of elements, of an array that `op` is to make.
    ///
    /// # Errors
    /// When no memory could hold so many. An axis of length 0 doesn't help: strides count the elements of all others.
    pub fn checked_numel(&self, op: &'static str) -> Result<usize, ShapeError> {
        let count = self.iter().try_fold(1_usize, |count, &length| count.checked_mul(length.max(1)));
        let possible = count.filter(|&count| count < usize::MAX / 16).map(|_| self.numel());
        possible.ok_or_else(|| ShapeError::new(op, format!("{self} has more elements than any memory holds")))
    }

    /// The dims both broadcast to by NumPy's rule (aligned at the last axis, equal or 1), if any.
    pub fn broadcast(&self, other: &Dims) -> Option<Dims> {
        let rank = self.rank().max(other.rank());
        let mut lengths = [0; MAX_RANK];
        for (i, length) in lengths[..rank].iter_mut().enumerate() {
            *length = match (self.aligned(i, rank), other.aligned(i, rank)) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return None,
            };
        }
        Some(Dims { rank: rank as u8, lengths })
    }

    /// The length at axis `i` when seen with `rank` axes, missing ones being 1 in front.
    fn aligned(&self, i: usize, rank: usize) -> usize {
        (i + self.rank()).checked_sub(rank).map_or(1, |axis| self[axis])
    }

    /// These dims with the length of `axis` replaced.
    #[must_use]
    pub fn with(mut self, axis: usize, length: usize) -> Dims {
        self[axis] = length;
        self
    }

    /// These dims with an axis of `length` put in before `axis`.
    #[must_use]
    #[track_caller]
    pub fn insert(&self, axis: usize, length: usize) -> Dims {
        let mut lengths = self.to_vec();
        lengths.insert(axis, length);
        Dims::new(&lengths)
    }

    /// These dims without `axis`.
    #[must_use]
    pub fn remove(&self, axis: usize) -> Dims {
        let mut lengths = self.to_vec();
        lengths.remove(axis);
        Dims::new(&lengths)
    }
}

impl Deref for Dims {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.lengths[..self.rank()]
    }
}

impl DerefMut for Dims {
    fn deref_mut(&mut self) -> &mut [usize] {
        let rank = self.rank();
        &mut self.lengths[..rank]
    }
}

impl<const N: usize> From<[usize; N]> for Dims {
    #[track_caller]
    fn from(lengths: [usize; N]) -> Self {
        Dims::new(&lengths)
    }
}

impl From<&[usize]> for Dims {
    #[track_caller]
    fn from(lengths: &[usize]) -> Self {
        Dims::new(lengths)
    }
}

impl FromIterator<usize> for Dims {
    fn from_iter<I: IntoIterator<Item = usize>>(lengths: I) -> Self {
        Dims::new(&lengths.into_iter().collect::<Vec<_>>())
    }
}

impl fmt::Debug for Dims {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Dims {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_follows_numpy() {
        let broadcast = |a: &[usize], b: &[usize]| Dims::new(a).broadcast(&Dims::new(b)).map(|d| d.to_vec());
        assert_eq!(broadcast(&[2, 3], &[3]), Some(vec![2, 3]));
        assert_eq!(broadcast(&[2, 1], &[1, 3]), Some(vec![2, 3]));
        assert_eq!(broadcast(&[], &[4]), Some(vec![4]));
        assert_eq!(broadcast(&[0, 1], &[1]), Some(vec![0, 1]));
        assert_eq!(broadcast(&[1], &[0]), Some(vec![0]));
        assert_eq!(broadcast(&[2], &[3]), None);
        assert_eq!(broadcast(&[2], &[0]), None);
    }
}
