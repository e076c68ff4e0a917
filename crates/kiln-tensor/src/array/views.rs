//! Other layouts of the same elements.

use super::Array;
use super::make::checked_numel;
use crate::dims::Dims;
use crate::kernel::Kernel;
use crate::layout::Layout;

/// Views: other layouts of the same elements.
impl Array {
    /// Axis `i` of the result is axis `axes[i]` of this.
    ///
    /// # Panics
    /// When `axes` doesn't hold each axis once.
    #[must_use]
    #[track_caller]
    pub fn permute(&self, axes: &[usize]) -> Array {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        assert!(
            sorted.iter().copied().eq(0..self.rank()),
            "permute: {axes:?} does not hold each of the {} axes once",
            self.rank()
        );
        self.with_layout(self.layout().permute(axes))
    }

    /// The same elements with two axes exchanged.
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn transpose(&self, a: usize, b: usize) -> Array {
        let mut axes: Vec<usize> = (0..self.rank()).collect();
        axes.swap(a, b);
        self.permute(&axes)
    }

    /// `length` elements of `axis` from `start`, `step` apart; a negative step walks backwards.
    ///
    /// # Panics
    /// When one of them doesn't exist, or the step is 0.
    #[must_use]
    #[track_caller]
    pub fn slice(&self, axis: usize, start: usize, length: usize, step: isize) -> Array {
        self.with_layout(sliced(self.layout(), axis, start, length, step))
    }

    /// The same elements repeated along new and length-1 axes.
    ///
    /// # Panics
    /// When the dims don't broadcast to `dims`.
    #[must_use]
    #[track_caller]
    pub fn broadcast_to(&self, dims: impl Into<Dims>) -> Array {
        let dims = dims.into();
        checked_numel("broadcast_to", &dims);
        assert!(
            self.dims().broadcast(&dims) == Some(dims),
            "broadcast_to: {} does not broadcast to {dims}",
            self.dims()
        );
        self.with_layout(self.layout().broadcast(&dims))
    }

    /// The same elements in the same order with other dims; a view if that is possible, else a copy.
    ///
    /// # Panics
    /// When the number of elements differs.
    #[must_use]
    #[track_caller]
    pub fn reshape(&self, dims: impl Into<Dims>) -> Array {
        let dims = dims.into();
        let numel = checked_numel("reshape", &dims);
        assert!(
            self.numel() == numel,
            "reshape: {} has {} elements, {dims} takes {numel}",
            self.dims(),
            self.numel(),
        );
        match self.layout().reshape(&dims) {
            Some(layout) => self.with_layout(layout),
            None => {
                let dense = self.contiguous();
                dense.with_layout(Layout::contiguous(dims))
            }
        }
    }

    /// The same elements one after the other: itself if they already are, else a copy.
    #[must_use]
    #[track_caller]
    pub fn contiguous(&self) -> Array {
        if self.layout().is_contiguous() { self.clone() } else { self.copy() }
    }

    /// A contiguous copy that shares nothing.
    #[must_use]
    #[track_caller]
    pub fn copy(&self) -> Array {
        Array::compute(&Kernel::Copy, &[self], *self.dims(), self.dtype())
    }

    fn with_layout(&self, layout: Layout) -> Array {
        Array::with(self.storage.clone(), layout)
    }
}

/// Layout of `length` elements of `axis` from `start`, `step` apart.
#[track_caller]
pub(super) fn sliced(layout: &Layout, axis: usize, start: usize, length: usize, step: isize) -> Layout {
    let dims = layout.dims();
    let last = start as isize + (length.max(1) as isize - 1) * step;
    let inside = axis < dims.rank()
        && step != 0
        && (length == 0 || (start < dims[axis] && (0..dims[axis] as isize).contains(&last)));
    assert!(
        inside,
        "slice: {length} elements from {start} by {step} along axis {axis} don't lie within {dims}"
    );
    layout.slice(axis, start, length, step)
}
