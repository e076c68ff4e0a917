//! Running kernels.

use super::Array;
use super::views::sliced;
use crate::backend::{Device, View, ViewMut};
use crate::dims::Dims;
use crate::dtype::DType;
use crate::error::Result;
use crate::fault::attempt;
use crate::kernel::{Compare, FusedKernel, Kernel, Map, Reduce, Zip};
use crate::layout::Layout;
use crate::meta::Meta;
use smallvec::SmallVec;
use std::sync::Arc;

/// Computing.
impl Array {
    /// Output of a kernel that has one, run on the device of the first input.
    ///
    /// # Panics
    /// When shapes or element types don't fit the kernel, or there is no input.
    #[track_caller]
    pub fn compute(kernel: &Kernel, ins: &[&Array], dims: impl Into<Dims>, dtype: DType) -> Array {
        let device = ins[0].device();
        let mut out = Array::empty(kernel.name(), Meta { dims: dims.into(), dtype }, device);
        let views: SmallVec<[View; 4]> = ins.iter().map(|a| a.view()).collect();
        device.run(kernel, &views, &mut [out.view_mut()]);
        out
    }

    /// New outputs of a fused kernel; its inputs are made contiguous.
    ///
    /// # Panics
    /// When shapes or element types don't fit the kernel, or there is no input.
    #[track_caller]
    pub fn fused(kernel: impl FusedKernel + 'static, ins: &[&Array], outs: &[Meta]) -> Vec<Array> {
        let device = ins[0].device();
        let dense = contiguous(ins);
        let mut results = Vec::with_capacity(outs.len());
        // A loop and not a closure, which would lose the place of the caller.
        for meta in outs {
            results.push(Array::empty(kernel.name(), *meta, device));
        }
        let mut outs = results;
        let views: Vec<View> = dense.iter().map(Array::view).collect();
        let mut out_views: Vec<ViewMut> = outs.iter_mut().map(Array::view_mut).collect();
        device.run(&Kernel::Fused(Arc::new(kernel)), &views, &mut out_views);
        outs
    }

    /// Runs a fused kernel that changes `outs` in place. An array whose storage is shared
    /// is copied first, so that no other array changes.
    ///
    /// # Panics
    /// When shapes or element types don't fit the kernel, or there is no output.
    #[track_caller]
    pub fn update(kernel: impl FusedKernel + 'static, ins: &[&Array], outs: &mut [&mut Array]) {
        let device = outs[0].device().clone();
        let dense = contiguous(ins);
        for out in outs.iter_mut() {
            out.make_unique();
        }
        let views: Vec<View> = dense.iter().map(Array::view).collect();
        let mut out_views: Vec<ViewMut> = outs.iter_mut().map(|a| a.view_mut()).collect();
        device.run(&Kernel::Fused(Arc::new(kernel)), &views, &mut out_views);
    }

    /// Adds `other` in place: `self += other`.
    ///
    /// # Panics
    /// When dims or element types differ.
    #[track_caller]
    pub fn accumulate(&mut self, other: &Array) {
        self.make_unique();
        let device = self.device().clone();
        device.run(&Kernel::Accumulate, &[other.view()], &mut [self.view_mut()]);
    }

    /// Adds `other` in place to a part of this array. `place` is the layout of that part in an array of these dims
    /// whose elements lie in order, so it's made by slices and the like of [`Layout::contiguous`].
    ///
    /// # Panics
    /// When `place` doesn't lie within this array or repeats elements, or its dims aren't those of `other`, or the
    /// element types differ.
    #[track_caller]
    pub fn accumulate_at(&mut self, place: &Layout, other: &Array) {
        self.change_at(&Kernel::Accumulate, &[other.view()], place);
    }

    /// Adds `values` in place at the positions that `index` names along `axis` of the part at `place`:
    /// `part[.., index[.., i, ..], ..] += values[.., i, ..]`. The index is `U32`; `place` is as for
    /// [`accumulate_at`](Array::accumulate_at).
    ///
    /// # Panics
    /// When `place` doesn't lie within this array or repeats elements, or dims or element types don't fit.
    #[track_caller]
    pub fn scatter_add_at(&mut self, place: &Layout, axis: usize, index: &Array, values: &Array) {
        self.change_at(&Kernel::ScatterAdd { axis }, &[values.view(), index.view()], place);
    }

    /// Runs a kernel that changes the part at `place`.
    #[track_caller]
    fn change_at(&mut self, kernel: &Kernel, ins: &[View], place: &Layout) {
        assert!(
            place.is_distinct() && place.span().end <= self.numel(),
            "{}: {place:?} is no part of {}",
            kernel.name(),
            self.meta()
        );
        self.make_unique();
        let layout = place.moved(self.layout().offset());
        let device = self.device().clone();
        device.run(kernel, ins, &mut [ViewMut { storage: &mut self.storage, layout }]);
    }

    /// Whether the elements can be written in place without changing another array.
    pub fn is_unique(&mut self) -> bool {
        self.layout().is_contiguous() && self.storage.is_unique()
    }

    #[track_caller]
    fn make_unique(&mut self) {
        if !self.is_unique() {
            self.device().count_copy_on_write();
            let copy = self.copy();
            // Where there is no room for a copy, what is here stays.
            if copy.storage.there().is_ok() {
                *self = copy;
            }
        }
    }

    /// The elements converted to `dtype`: itself if they are of that type.
    #[must_use]
    #[track_caller]
    pub fn to_dtype(&self, dtype: DType) -> Array {
        if dtype == self.dtype() {
            return self.clone();
        }
        Array::compute(&Kernel::Copy, &[self], *self.dims(), dtype)
    }

    /// The elements on `device`: itself if they are there.
    ///
    /// # Errors
    /// The failure of the device they come from, or that there is no room on the other.
    pub fn to_device(&self, device: &Device) -> Result<Array> {
        if device == self.device() {
            return Ok(self.clone());
        }
        let bytes = self.device().finish_read(self.begin_read())?;
        Ok(Array::of_storage(attempt(|| device.upload(self.meta(), &bytes))?))
    }

    /// `f` of each element.
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn map(&self, f: Map) -> Array {
        Array::compute(&Kernel::Map(f), &[self], *self.dims(), self.dtype())
    }

    /// `f` of each pair of elements, with broadcasting.
    ///
    /// # Panics
    /// When the dims don't broadcast or the element types aren't one float type.
    #[must_use]
    #[track_caller]
    pub fn zip(&self, f: Zip, other: &Array) -> Array {
        if self.dims() == other.dims() {
            return Array::compute(&Kernel::Zip(f), &[self, other], *self.dims(), self.dtype());
        }
        let [a, b] = broadcast("zip", [self, other]);
        Array::compute(&Kernel::Zip(f), &[&a, &b], *a.dims(), self.dtype())
    }

    /// 1 where the comparison holds, else 0, with broadcasting; `U32`.
    ///
    /// # Panics
    /// When the dims don't broadcast or the element types differ.
    #[must_use]
    #[track_caller]
    pub fn compare(&self, f: Compare, other: &Array) -> Array {
        let [a, b] = broadcast("compare", [self, other]);
        Array::compute(&Kernel::Compare(f), &[&a, &b], *a.dims(), DType::U32)
    }

    /// Elements of `a` where this mask isn't 0, else of `b`, with broadcasting.
    ///
    /// # Panics
    /// When the dims don't broadcast, this isn't `U32`, or `a` and `b` differ in element type.
    #[must_use]
    #[track_caller]
    pub fn select(&self, a: &Array, b: &Array) -> Array {
        let [mask, a, b] = broadcast("select", [self, a, b]);
        Array::compute(&Kernel::Select, &[&mask, &a, &b], *a.dims(), a.dtype())
    }

    /// Reduces `axes`, which stay with length 1.
    ///
    /// # Panics
    /// When an axis doesn't exist or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn reduce(&self, f: Reduce, axes: &[usize]) -> Array {
        let mut dims = *self.dims();
        for &axis in axes {
            assert!(axis < dims.rank(), "reduce: {dims} has no axis {axis}");
            dims[axis] = 1;
        }
        Array::compute(&Kernel::Reduce(f), &[self], dims, self.dtype())
    }

    /// The index of the first largest element along `axis`, which stays with length 1; `U32`.
    ///
    /// # Panics
    /// When the axis doesn't exist or is empty.
    #[must_use]
    #[track_caller]
    pub fn argmax(&self, axis: usize) -> Array {
        assert!(axis < self.rank(), "argmax: {} has no axis {axis}", self.dims());
        let dims = self.dims().with(axis, 1);
        assert!(
            self.dims()[axis] > 0 || dims.numel() == 0,
            "argmax: there is no largest of no elements, along axis {axis} of {}",
            self.dims()
        );
        Array::compute(&Kernel::ArgMax { axis }, &[self], dims, DType::U32)
    }

    /// The matrix product of the last two axes; leading axes broadcast.
    ///
    /// # Panics
    /// When the dims don't fit or the element types aren't one float type.
    #[must_use]
    #[track_caller]
    pub fn matmul(&self, other: &Array) -> Array {
        let (a, b) = (self.dims(), other.dims());
        let batch = (a.rank() >= 2 && b.rank() >= 2)
            .then(|| Dims::new(&a[..a.rank() - 2]).broadcast(&Dims::new(&b[..b.rank() - 2])))
            .flatten();
        let Some(batch) = batch else { panic!("matmul: {a} times {b}; wanted [.., m, k] times [.., k, n]") };
        let full = |d: &Dims| batch.iter().chain(&d[d.rank() - 2..]).copied().collect::<Dims>();
        let (left, right) = (self.broadcast_to(full(a)), other.broadcast_to(full(b)));
        let dims = left.dims().with(batch.rank() + 1, b[b.rank() - 1]);
        Array::compute(&Kernel::Matmul, &[&left, &right], dims, self.dtype())
    }

    /// Zeros of `dims` with these elements put where a [`slice`](Array::slice) of each axis
    /// `(start, step)` would read them: the adjoint of slicing.
    ///
    /// # Panics
    /// When they don't fit.
    #[must_use]
    #[track_caller]
    pub fn embed(&self, value: f64, dims: impl Into<Dims>, places: &[(usize, isize)]) -> Array {
        let mut out = Array::full(value, dims, self.dtype(), self.device());
        out.write_into(self, places);
        out
    }

    /// The arrays one after the other along `axis`.
    ///
    /// # Panics
    /// When there is none, or they differ in type or in another axis.
    #[must_use]
    #[track_caller]
    pub fn concat(parts: &[&Array], axis: usize) -> Array {
        let first = parts.first().expect("concat: there is nothing to join");
        let total = parts.iter().fold(0_usize, |total, part| total.saturating_add(part.dims()[axis]));
        let meta = Meta { dims: first.dims().with(axis, total), dtype: first.dtype() };
        let mut out = Array::empty("concat", meta, first.device());
        let mut places = vec![(0, 1); first.rank()];
        for part in parts {
            out.write_into(part, &places);
            places[axis].0 += part.dims()[axis];
        }
        out
    }

    /// Writes `part` into the window of this array that starts and steps as `places` says, axis by axis.
    #[track_caller]
    fn write_into(&mut self, part: &Array, places: &[(usize, isize)]) {
        let mut layout = *self.layout();
        for (axis, &(start, step)) in places.iter().enumerate() {
            layout = sliced(&layout, axis, start, part.dims()[axis], step);
        }
        let device = self.device().clone();
        let out = ViewMut { storage: &mut self.storage, layout };
        device.run(&Kernel::Copy, &[part.view()], &mut [out]);
    }
}

/// The arrays with their elements in order.
#[track_caller]
fn contiguous(arrays: &[&Array]) -> Vec<Array> {
    let mut dense = Vec::with_capacity(arrays.len());
    for array in arrays {
        dense.push(array.contiguous());
    }
    dense
}

#[track_caller]
fn broadcast<const N: usize>(op: &str, arrays: [&Array; N]) -> [Array; N] {
    let dims = arrays.iter().try_fold(Dims::SCALAR, |dims, a| dims.broadcast(a.dims()));
    let Some(dims) = dims else {
        let list: Vec<String> = arrays.iter().map(|a| a.dims().to_string()).collect();
        panic!("{op}: the dims {} don't broadcast to each other", list.join(" and "));
    };
    arrays.map(|a| a.broadcast_to(dims))
}
