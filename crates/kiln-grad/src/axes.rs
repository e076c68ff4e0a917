//! Naming axes: one or several, negative ones counted from the last, `..` for all.

use kiln_tensor::Dims;

/// One or several axes of a tensor. Negative numbers count from the last; `..` means all.
pub trait Axes {
    /// The axes as they are named, of a tensor of `rank` axes.
    fn named(&self, rank: usize) -> Vec<i64>;

    /// The axes as ascending numbers without repetition.
    ///
    /// # Panics
    /// When an axis doesn't exist or is named twice; the message names `op`.
    #[track_caller]
    fn resolve(&self, op: &str, rank: usize) -> Vec<usize> {
        let named = self.named(rank);
        let mut axes = resolve_each(op, &named, rank);
        axes.sort_unstable();
        assert!(axes.windows(2).all(|pair| pair[0] != pair[1]), "{op}: an axis occurs twice in {named:?}");
        axes
    }
}

macro_rules! named_by {
    ($($number:ty),*) => {$(
        impl Axes for $number {
            fn named(&self, _: usize) -> Vec<i64> {
                vec![*self as i64]
            }
        }

        impl Axes for [$number] {
            fn named(&self, _: usize) -> Vec<i64> {
                self.iter().map(|&axis| axis as i64).collect()
            }
        }

        impl<const N: usize> Axes for [$number; N] {
            fn named(&self, rank: usize) -> Vec<i64> {
                self[..].named(rank)
            }
        }

        impl Axes for Vec<$number> {
            fn named(&self, rank: usize) -> Vec<i64> {
                self[..].named(rank)
            }
        }
    )*};
}
named_by!(i32, usize);

impl Axes for std::ops::RangeFull {
    fn named(&self, rank: usize) -> Vec<i64> {
        (0..rank as i64).collect()
    }
}

impl<A: Axes + ?Sized> Axes for &A {
    fn named(&self, rank: usize) -> Vec<i64> {
        (**self).named(rank)
    }
}

/// The number of an axis that may be counted from the last.
///
/// # Panics
/// When it doesn't exist.
#[track_caller]
pub(crate) fn resolve(op: &str, axis: impl Into<i64>, rank: usize) -> usize {
    let axis = axis.into();
    let resolved = if axis < 0 { axis + rank as i64 } else { axis };
    assert!((0..rank as i64).contains(&resolved), "{op}: there is no axis {axis} in a tensor of {rank} axes");
    resolved as usize
}

/// The numbers of several axes, in the order given.
///
/// # Panics
/// When one doesn't exist.
#[track_caller]
pub(crate) fn resolve_each<N: Into<i64> + Copy>(op: &str, axes: &[N], rank: usize) -> Vec<usize> {
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
