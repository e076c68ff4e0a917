//! Strided arrays of numbers on a device: values without derivatives.

use crate::backend::{Device, Storage, View, ViewMut};
use crate::dims::Dims;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::kernel::{Compare, Distribution, FusedKernel, Kernel, Map, Reduce, Zip};
use crate::layout::Layout;
use crate::random::Key;
use std::fmt;
use std::sync::Arc;

/// What is known of an array without its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Meta {
    /// The lengths of the axes.
    pub dims: Dims,
    /// The type of the elements.
    pub dtype: DType,
}

impl fmt::Display for Meta {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}{}", self.dtype, self.dims)
    }
}

/// A strided view of numbers on a device.
///
/// Cloning shares the storage; views share it too. Its elements never change while anybody else can
/// see them: the methods that write in place copy first if the storage is shared.
#[derive(Clone, Debug)]
pub struct Array {
    storage: Storage,
    layout: Layout,
}

/// Making arrays.
impl Array {
    /// An array whose elements are not yet written.
    fn empty(meta: Meta, device: &Device) -> Array {
        let layout = Layout::contiguous(meta.dims);
        Array { storage: device.alloc(meta.dtype, layout.numel()), layout }
    }

    /// An array of the given elements, the last axis fastest.
    ///
    /// # Panics
    /// When their number isn't the product of `dims`.
    #[track_caller]
    pub fn from_slice<T: Element>(elements: &[T], dims: impl Into<Dims>, device: &Device) -> Array {
        let dims = dims.into();
        assert!(
            elements.len() == dims.numel(),
            "from_slice: {} elements can't have the dims {dims}, which take {}",
            elements.len(),
            dims.numel()
        );
        let storage = device.upload(T::DTYPE, bytemuck::cast_slice(elements));
        Array { storage, layout: Layout::contiguous(dims) }
    }

    /// An array whose every element is `value`.
    pub fn full(value: f64, dims: impl Into<Dims>, dtype: DType, device: &Device) -> Array {
        Array::generate(&Kernel::Fill(value), Meta { dims: dims.into(), dtype }, device)
    }

    /// An array of zeros.
    pub fn zeros(dims: impl Into<Dims>, dtype: DType, device: &Device) -> Array {
        Array::full(0.0, dims, dtype, device)
    }

    /// Random numbers; element `i` is number `i` of `key`.
    pub fn random(
        key: Key,
        distribution: Distribution,
        dims: impl Into<Dims>,
        dtype: DType,
        device: &Device,
    ) -> Array {
        Array::generate(&Kernel::Random { key, distribution }, Meta { dims: dims.into(), dtype }, device)
    }

    /// Standard normal random numbers, drawn on the host so that they are the same on every device.
    ///
    /// # Panics
    /// When `dtype` isn't a floating-point type.
    #[track_caller]
    pub fn normal(key: Key, dims: impl Into<Dims>, dtype: DType, device: &Device) -> Array {
        let dims = dims.into();
        let draw = (0..dims.numel() as u64).map(|i| key.normal(i));
        match dtype {
            DType::F32 => Array::from_slice(&draw.map(|v| v as f32).collect::<Vec<_>>(), dims, device),
            DType::F64 => Array::from_slice(&draw.collect::<Vec<_>>(), dims, device),
            DType::U32 => panic!("normal: {dtype} can't hold normal numbers; use f32 or f64"),
        }
    }

    fn generate(kernel: &Kernel, meta: Meta, device: &Device) -> Array {
        let mut out = Array::empty(meta, device);
        device.run(kernel, &[], &mut [out.view_mut()]);
        out
    }

    /// An array with the elements of an `ndarray`.
    pub fn from_ndarray<T: Element, D: ndarray::Dimension>(
        array: &ndarray::ArrayRef<T, D>,
        device: &Device,
    ) -> Array {
        let dims = Dims::new(array.shape());
        let standard = array.as_standard_layout();
        Array::from_slice(standard.as_slice().expect("the standard layout is contiguous"), dims, device)
    }
}

/// What an array is.
impl Array {
    /// The lengths of the axes.
    pub fn dims(&self) -> &Dims {
        self.layout.dims()
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.storage.dtype()
    }

    /// Dims and element type.
    pub fn meta(&self) -> Meta {
        Meta { dims: *self.dims(), dtype: self.dtype() }
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.dims().rank()
    }

    /// The number of elements.
    pub fn numel(&self) -> usize {
        self.layout.numel()
    }

    /// The device the elements are on.
    pub fn device(&self) -> &Device {
        self.storage.device()
    }

    /// Where the elements lie in the storage.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The memory behind the view.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Whether this sees the same elements of the same storage in the same way.
    pub fn is_same(&self, other: &Array) -> bool {
        self.storage.same(&other.storage) && self.layout == other.layout
    }

    /// The array as a kernel's input.
    pub fn view(&self) -> View<'_> {
        View { storage: &self.storage, layout: &self.layout }
    }

    /// The array that a view sees.
    pub(crate) fn of_view(view: &View) -> Array {
        Array { storage: view.storage.clone(), layout: *view.layout }
    }

    /// The array as a kernel's output, which somebody has made sure is not shared.
    fn view_mut(&mut self) -> ViewMut<'_> {
        ViewMut { storage: &mut self.storage, layout: self.layout }
    }
}

/// Bringing elements to the host.
impl Array {
    /// The elements in order, the last axis fastest.
    ///
    /// # Errors
    /// [`Error::WrongDType`], or the failure of the device.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        if T::DTYPE != self.dtype() {
            return Err(Error::WrongDType { want: T::DTYPE, have: self.dtype() });
        }
        let dense = self.contiguous();
        let start = dense.layout.offset();
        let bytes = self.device().read(&dense.storage, start..start + dense.numel())?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// The elements in order, converted to `f64`, whatever their type.
    ///
    /// # Errors
    /// The failure of the device.
    pub fn to_f64_vec(&self) -> Result<Vec<f64>> {
        fn convert<T: Element>(array: &Array) -> Result<Vec<f64>> {
            Ok(array.to_vec::<T>()?.into_iter().map(T::to_f64).collect())
        }
        match self.dtype() {
            DType::F32 => convert::<f32>(self),
            DType::F64 => self.to_vec(),
            DType::U32 => convert::<u32>(self),
        }
    }

    /// The only element.
    ///
    /// # Errors
    /// [`Error::NotScalar`], or the failure of the device.
    pub fn item(&self) -> Result<f64> {
        if self.numel() != 1 {
            return Err(Error::NotScalar { numel: self.numel() });
        }
        Ok(self.to_f64_vec()?[0])
    }

    /// The elements as an `ndarray`.
    ///
    /// # Errors
    /// [`Error::WrongDType`], or the failure of the device.
    pub fn to_ndarray<T: Element>(&self) -> Result<ndarray::ArrayD<T>> {
        let elements = self.to_vec::<T>()?;
        Ok(ndarray::ArrayD::from_shape_vec(self.dims().to_vec(), elements).expect("as many as the dims take"))
    }
}

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
        self.with_layout(self.layout.permute(axes))
    }

    /// With two axes exchanged.
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
        self.with_layout(self.sliced(axis, start, length, step))
    }

    #[track_caller]
    fn sliced(&self, axis: usize, start: usize, length: usize, step: isize) -> Layout {
        let dims = self.dims();
        let last = start as isize + (length.max(1) as isize - 1) * step;
        let inside = axis < dims.rank()
            && step != 0
            && (length == 0 || (start < dims[axis] && (0..dims[axis] as isize).contains(&last)));
        assert!(
            inside,
            "slice: {length} elements from {start} by {step} along axis {axis} don't lie within {dims}"
        );
        self.layout.slice(axis, start, length, step)
    }

    /// The same elements repeated along new and length-1 axes.
    ///
    /// # Panics
    /// When the dims don't broadcast to `dims`.
    #[must_use]
    #[track_caller]
    pub fn broadcast_to(&self, dims: impl Into<Dims>) -> Array {
        let dims = dims.into();
        assert!(
            self.dims().broadcast(&dims) == Some(dims),
            "broadcast_to: {} does not broadcast to {dims}",
            self.dims()
        );
        self.with_layout(self.layout.broadcast(&dims))
    }

    /// The same elements in the same order with other dims; a view if that is possible, else a copy.
    ///
    /// # Panics
    /// When the number of elements differs.
    #[must_use]
    #[track_caller]
    pub fn reshape(&self, dims: impl Into<Dims>) -> Array {
        let dims = dims.into();
        assert!(
            self.numel() == dims.numel(),
            "reshape: {} has {} elements, {dims} takes {}",
            self.dims(),
            self.numel(),
            dims.numel()
        );
        match self.layout.reshape(&dims) {
            Some(layout) => self.with_layout(layout),
            None => {
                let dense = self.contiguous();
                dense.with_layout(Layout::contiguous(dims))
            }
        }
    }

    /// The same elements one after the other: itself if they already are, else a copy.
    #[must_use]
    pub fn contiguous(&self) -> Array {
        if self.layout.is_contiguous() { self.clone() } else { self.copy() }
    }

    /// A contiguous copy that shares nothing.
    #[must_use]
    pub fn copy(&self) -> Array {
        Array::compute(&Kernel::Copy, &[self], *self.dims(), self.dtype())
    }

    fn with_layout(&self, layout: Layout) -> Array {
        Array { storage: self.storage.clone(), layout }
    }
}

/// Computing.
impl Array {
    /// Runs a kernel with one output, on the device of the first input.
    ///
    /// # Panics
    /// When shapes or element types don't fit the kernel, or there is no input.
    #[track_caller]
    pub fn compute(kernel: &Kernel, ins: &[&Array], dims: impl Into<Dims>, dtype: DType) -> Array {
        let device = ins[0].device();
        let mut out = Array::empty(Meta { dims: dims.into(), dtype }, device);
        let views: Vec<View> = ins.iter().map(|a| a.view()).collect();
        device.run(kernel, &views, &mut [out.view_mut()]);
        out
    }

    /// Runs a kernel of its own code with new outputs; its inputs are made contiguous.
    ///
    /// # Panics
    /// When shapes or element types don't fit the kernel, or there is no input.
    #[track_caller]
    pub fn fused(kernel: impl FusedKernel + 'static, ins: &[&Array], outs: &[Meta]) -> Vec<Array> {
        let device = ins[0].device();
        let dense: Vec<Array> = ins.iter().map(|a| a.contiguous()).collect();
        let mut outs: Vec<Array> = outs.iter().map(|meta| Array::empty(*meta, device)).collect();
        let views: Vec<View> = dense.iter().map(Array::view).collect();
        let mut out_views: Vec<ViewMut> = outs.iter_mut().map(Array::view_mut).collect();
        device.run(&Kernel::Fused(Arc::new(kernel)), &views, &mut out_views);
        outs
    }

    /// Runs a kernel of its own code that changes `outs` in place. An array whose storage somebody else
    /// holds is copied first, so nobody sees their values change.
    ///
    /// # Panics
    /// When shapes or element types don't fit the kernel, or there is no output.
    #[track_caller]
    pub fn update(kernel: impl FusedKernel + 'static, ins: &[&Array], outs: &mut [&mut Array]) {
        let device = outs[0].device().clone();
        let dense: Vec<Array> = ins.iter().map(|a| a.contiguous()).collect();
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

    /// Whether the elements can be written in place without anybody noticing.
    pub fn is_unique(&mut self) -> bool {
        self.layout.is_contiguous() && self.storage.is_unique()
    }

    fn make_unique(&mut self) {
        if !self.is_unique() {
            self.device().count_copy_on_write();
            *self = self.copy();
        }
    }

    /// The elements converted to `dtype`: itself if they are of that type.
    #[must_use]
    pub fn to_dtype(&self, dtype: DType) -> Array {
        if dtype == self.dtype() {
            return self.clone();
        }
        Array::compute(&Kernel::Copy, &[self], *self.dims(), dtype)
    }

    /// The elements on `device`: itself if they are there.
    ///
    /// # Errors
    /// The failure of the device they come from.
    pub fn to_device(&self, device: &Device) -> Result<Array> {
        if device == self.device() {
            return Ok(self.clone());
        }
        let dense = self.contiguous();
        let start = dense.layout.offset();
        let bytes = self.device().read(&dense.storage, start..start + dense.numel())?;
        Ok(Array { storage: device.upload(self.dtype(), &bytes), layout: Layout::contiguous(*self.dims()) })
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
        Array::compute(&Kernel::ArgMax { axis }, &[self], self.dims().with(axis, 1), DType::U32)
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
        let total = parts.iter().map(|p| p.dims()[axis]).sum();
        let meta = Meta { dims: first.dims().with(axis, total), dtype: first.dtype() };
        let mut out = Array::empty(meta, first.device());
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
        let mut window = self.clone();
        for (axis, &(start, step)) in places.iter().enumerate() {
            window.layout = window.sliced(axis, start, part.dims()[axis], step);
        }
        let layout = window.layout;
        drop(window);
        let device = self.device().clone();
        let out = ViewMut { storage: &mut self.storage, layout };
        device.run(&Kernel::Copy, &[part.view()], &mut [out]);
    }
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
