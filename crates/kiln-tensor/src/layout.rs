//! Positions of a strided view's elements in its storage.

use crate::dims::{Dims, MAX_RANK};

/// The position of each element of a view: `offset + Σ index[i] · stride[i]`, counted in elements.
///
/// Views are made by changing this alone; no element moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    dims: Dims,
    strides: [isize; MAX_RANK],
    offset: usize,
}

impl Layout {
    /// Elements one after the other, the last axis fastest, from the start of the storage.
    pub fn contiguous(dims: impl Into<Dims>) -> Self {
        let dims = dims.into();
        let mut strides = [0; MAX_RANK];
        let mut step = 1;
        for axis in (0..dims.rank()).rev() {
            strides[axis] = step;
            step *= dims[axis].max(1) as isize;
        }
        Layout { dims, strides, offset: 0 }
    }

    /// The lengths of the axes.
    pub fn dims(&self) -> &Dims {
        &self.dims
    }

    /// The distance between neighbours along each axis, in elements; may be 0 or negative.
    pub fn strides(&self) -> &[isize] {
        &self.strides[..self.dims.rank()]
    }

    /// The position of the first element.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The number of elements seen.
    pub fn numel(&self) -> usize {
        self.dims.numel()
    }

    /// Whether the elements lie one after the other in order, wherever they start.
    pub fn is_contiguous(&self) -> bool {
        let mut step = 1;
        for axis in (0..self.dims.rank()).rev() {
            if self.dims[axis] != 1 && self.strides[axis] != step {
                return self.numel() == 0;
            }
            step *= self.dims[axis] as isize;
        }
        true
    }

    /// Axis `i` of the result is axis `axes[i]` of this; `axes` holds each axis once.
    #[must_use]
    pub fn permute(&self, axes: &[usize]) -> Layout {
        let mut out = *self;
        for (i, &axis) in axes.iter().enumerate() {
            out.dims[i] = self.dims[axis];
            out.strides[i] = self.strides[axis];
        }
        out
    }

    /// `length` elements of `axis` from `start`, `step` apart; a negative step walks backwards.
    ///
    /// The caller has checked that all of them exist.
    #[must_use]
    pub fn slice(&self, axis: usize, start: usize, length: usize, step: isize) -> Layout {
        let mut out = *self;
        out.dims[axis] = length;
        out.strides[axis] = self.strides[axis] * step;
        // The first element of an empty view lies nowhere; its offset stays within the storage.
        if out.numel() > 0 {
            out.offset = self.offset.wrapping_add_signed(start as isize * self.strides[axis]);
        }
        out
    }

    /// The same elements seen with `dims`, which [`Dims::broadcast`] allows: repeated axes get stride 0.
    #[must_use]
    pub fn broadcast(&self, dims: &Dims) -> Layout {
        let lead = dims.rank() - self.dims.rank();
        let mut strides = [0; MAX_RANK];
        for axis in 0..self.dims.rank() {
            if self.dims[axis] == dims[lead + axis] {
                strides[lead + axis] = self.strides[axis];
            }
        }
        Layout { dims: *dims, strides, offset: self.offset }
    }

    /// The same elements in the same order with other `dims` of as many elements, if that needs no copy.
    #[must_use]
    pub fn reshape(&self, dims: &Dims) -> Option<Layout> {
        let mut out = Layout { offset: self.offset, ..Layout::contiguous(*dims) };
        if self.numel() == 0 {
            return Some(out);
        }
        // Runs of old axes that together step evenly can be cut anew; match both sides run by run.
        let old: Vec<(usize, isize)> =
            self.dims.iter().zip(self.strides()).filter(|(n, _)| **n != 1).map(|(n, s)| (*n, *s)).collect();
        let (mut i, mut j) = (0, 0);
        while i < old.len() {
            let (mut have, mut last) = (old[i].0, i);
            while j < dims.rank() && dims[j] == 1 {
                j += 1;
            }
            let (mut want, first_new) = (dims[j], j);
            while have != want {
                if have < want {
                    last += 1;
                    have *= old[last].0;
                } else {
                    j += 1;
                    want *= dims[j];
                }
            }
            if (i..last).any(|k| old[k].1 != old[k + 1].1 * old[k + 1].0 as isize) {
                return None;
            }
            let mut step = old[last].1;
            for k in (first_new..=j).rev() {
                out.strides[k] = step;
                step *= dims[k] as isize;
            }
            (i, j) = (last + 1, j + 1);
        }
        Some(out)
    }

    /// The same elements, if everything in the storage lay `count` elements further on.
    #[must_use]
    pub(crate) fn moved(mut self, count: usize) -> Layout {
        self.offset += count;
        self
    }

    /// Whether no position is seen twice; true for every view but one that [broadcasts](Layout::broadcast).
    pub fn is_distinct(&self) -> bool {
        self.dims.iter().zip(self.strides()).all(|(&length, &stride)| length <= 1 || stride != 0)
    }

    /// The range of storage positions that the view touches, as `start..end`; empty views touch none.
    pub fn span(&self) -> std::ops::Range<usize> {
        if self.numel() == 0 {
            return 0..0;
        }
        let (mut low, mut high) = (self.offset as isize, self.offset as isize);
        for (&n, &s) in self.dims.iter().zip(self.strides()) {
            let reach = (n as isize - 1) * s;
            low += reach.min(0);
            high += reach.max(0);
        }
        low as usize..high as usize + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(layout: &Layout) -> Vec<usize> {
        let mut out = vec![layout.offset() as isize];
        for (&n, &s) in layout.dims().iter().zip(layout.strides()) {
            out = out.iter().flat_map(|p| (0..n as isize).map(move |i| p + i * s)).collect();
        }
        out.iter().map(|&p| p as usize).collect()
    }

    #[test]
    fn views_see_the_right_elements() {
        let base = Layout::contiguous([2, 3]);
        assert_eq!(positions(&base.permute(&[1, 0])), [0, 3, 1, 4, 2, 5]);
        assert_eq!(positions(&base.slice(1, 2, 3, -1)), [2, 1, 0, 5, 4, 3]);
        assert_eq!(positions(&base.slice(0, 1, 1, 1).broadcast(&Dims::new(&[2, 3]))), [3, 4, 5, 3, 4, 5]);
        assert_eq!(base.slice(1, 2, 3, -1).span(), 0..6);
    }

    #[test]
    fn reshape_without_copy_keeps_the_order() {
        let base = Layout::contiguous([4, 6]);
        for dims in [&[24][..], &[2, 2, 6], &[4, 1, 3, 2], &[1, 4, 6, 1]] {
            assert_eq!(positions(&base.reshape(&Dims::new(dims)).unwrap()), (0..24).collect::<Vec<_>>());
        }
        let columns = base.slice(1, 0, 2, 2);
        assert_eq!(positions(&columns.reshape(&Dims::new(&[2, 2, 2])).unwrap()), positions(&columns));
        assert!(columns.reshape(&Dims::new(&[8])).is_none());
        assert!(base.permute(&[1, 0]).reshape(&Dims::new(&[24])).is_none());
        let repeated = Layout::contiguous([1, 3]).broadcast(&Dims::new(&[4, 3]));
        assert_eq!(positions(&repeated.reshape(&Dims::new(&[2, 2, 3])).unwrap()), positions(&repeated));
    }
}
