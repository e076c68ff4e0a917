//! Naming axes: one or several, negative ones counted from the last, `..` for all.

use kiln_tensor::Dims;

/// One or several axes of a tensor. Negative numbers count from the last; `..` means all.
pub trait Axes {
    /// The axes as ascending numbers without repetition.
    ///
    /// # Panics
    /// When an axis doesn't exist or is named twice; the message names `op`.
    fn resolve(&self, op: &str, rank: usize) -> Vec<usize>;
}

impl Axes for i32 {
    #[track_caller]
    fn resolve(&self, op: &str, rank: usize) -> Vec<usize> {
        vec![resolve(op, *self, rank)]
    }
}

impl Axes for [i32] {
    #[track_caller]
    fn resolve(&self, op: &str, rank: usize) -> Vec<usize> {
        let mut axes = resolve_each(op, self, rank);
        axes.sort_unstable();
        assert!(axes.windows(2).all(|pair| pair[0] != pair[1]), "{op}: an axis occurs twice in {self:?}");
        axes
    }
}

impl<const N: usize> Axes for [i32; N] {
    #[track_caller]
    fn resolve(&self, op: &str, rank: usize) -> Vec<usize> {
        self[..].resolve(op, rank)
    }
}

impl Axes for [usize] {
    #[track_caller]
    fn resolve(&self, op: &str, rank: usize) -> Vec<usize> {
        let signed: Vec<i32> = self.iter().map(|&axis| i32::try_from(axis).unwrap_or(i32::MAX)).collect();
        signed[..].resolve(op, rank)
    }
}

impl Axes for std::ops::RangeFull {
    fn resolve(&self, _: &str, rank: usize) -> Vec<usize> {
        (0..rank).collect()
    }
}

impl<A: Axes + ?Sized> Axes for &A {
    #[track_caller]
    fn resolve(&self, op: &str, rank: usize) -> Vec<usize> {
        (**self).resolve(op, rank)
    }
}

/// The number of an axis that may be counted from the last.
///
/// # Panics
/// When it doesn't exist.
#[track_caller]
pub(crate) fn resolve(op: &str, axis: i32, rank: usize) -> usize {
    let resolved = if axis < 0 { axis as isize + rank as isize } else { axis as isize };
    assert!(
        (0..rank as isize).contains(&resolved),
        "{op}: there is no axis {axis} in a tensor of {rank} axes"
    );
    resolved as usize
}

/// The numbers of several axes, in the order given.
///
/// # Panics
/// When one doesn't exist.
#[track_caller]
pub(crate) fn resolve_each(op: &str, axes: &[i32], rank: usize) -> Vec<usize> {
    // A loop and not a closure, which would lose the place of the caller.
    let mut resolved = Vec::new();
    for &axis in axes {
        resolved.push(resolve(op, axis, rank));
    }
    resolved
}

/// `dims` with length 1 at `axes`.
pub(crate) fn kept(dims: &Dims, axes: &[usize]) -> Dims {
    axes.iter().fold(*dims, |dims, &axis| dims.with(axis, 1))
}

/// `dims` without `axes`.
pub(crate) fn removed(dims: &Dims, axes: &[usize]) -> Dims {
    dims.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, &length)| length).collect()
}
