//! The differentiable tensor.

use crate::mode::is_recording;
use crate::node::Node;
use kiln_tensor::random::Key;
use kiln_tensor::{Array, DType, Device, Dims, Distribution, Element, Meta, Result};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// An array of numbers that may know how it was computed.
///
/// Cheap to clone. Its values never change. Ops are methods and operators; each op has a file in
/// `ops/`. Mistakes in shapes panic with the op, the shapes and what was wanted.
#[derive(Clone)]
pub struct Tensor {
    array: Array,
    track: Track,
}

/// Connection of a tensor to the graph.
#[derive(Clone, Debug)]
pub(crate) enum Track {
    /// None.
    Constant,
    /// None any more: it was cut off here.
    Cut(&'static Location<'static>),
    /// Gradients flow through this node.
    Node(Arc<Node>),
}

impl Track {
    pub fn node(&self) -> Option<&Arc<Node>> {
        if let Track::Node(node) = self { Some(node) } else { None }
    }

    pub fn into_node(self) -> Option<Arc<Node>> {
        if let Track::Node(node) = self { Some(node) } else { None }
    }

    /// The connection of results that aren't recorded at `location`.
    pub fn cut(&self, location: &'static Location<'static>) -> Track {
        if let Track::Node(_) = self { Track::Cut(location) } else { self.clone() }
    }
}

/// Making tensors.
impl Tensor {
    pub(crate) fn new(array: Array, track: Track) -> Self {
        Tensor { array, track }
    }

    /// A tensor of the given elements, the last axis fastest.
    ///
    /// # Panics
    /// When their number isn't the product of `dims`.
    #[track_caller]
    pub fn from_slice<T: Element>(elements: &[T], dims: impl Into<Dims>, device: &Device) -> Tensor {
        Array::from_slice(elements, dims, device).into()
    }

    /// A tensor whose every element is `value`.
    ///
    /// # Panics
    /// When no memory could hold so many elements.
    #[track_caller]
    pub fn full(value: f64, dims: impl Into<Dims>, dtype: DType, device: &Device) -> Tensor {
        Array::full(value, dims, dtype, device).into()
    }

    /// A tensor of zeros.
    ///
    /// # Panics
    /// When no memory could hold so many.
    #[track_caller]
    pub fn zeros(dims: impl Into<Dims>, dtype: DType, device: &Device) -> Tensor {
        Array::zeros(dims, dtype, device).into()
    }

    /// A tensor of ones.
    ///
    /// # Panics
    /// When no memory could hold so many.
    #[track_caller]
    pub fn ones(dims: impl Into<Dims>, dtype: DType, device: &Device) -> Tensor {
        Tensor::full(1.0, dims, dtype, device)
    }

    /// Zeros like this tensor: same dims, element type and device.
    #[must_use]
    #[track_caller]
    pub fn zeros_like(&self) -> Tensor {
        self.full_like(0.0)
    }

    /// Ones like this tensor: same dims, element type and device.
    #[must_use]
    #[track_caller]
    pub fn ones_like(&self) -> Tensor {
        self.full_like(1.0)
    }

    /// `value` everywhere, with this tensor's dims, element type and device.
    #[must_use]
    #[track_caller]
    pub fn full_like(&self, value: f64) -> Tensor {
        Tensor::full(value, *self.dims(), self.dtype(), self.device())
    }

    /// Uniform random numbers in `[0, 1)`; element `i` is number `i` of `key`.
    ///
    /// # Panics
    /// When `dtype` isn't a floating-point type, or no memory could hold so many numbers.
    #[track_caller]
    pub fn uniform(key: Key, dims: impl Into<Dims>, dtype: DType, device: &Device) -> Tensor {
        Array::random(key, Distribution::Uniform, dims, dtype, device).into()
    }

    /// 1 with probability `p`, else 0; element `i` is number `i` of `key`.
    ///
    /// # Panics
    /// When `p` isn't in `[0, 1]`, or no memory could hold so many elements.
    #[track_caller]
    pub fn bernoulli(key: Key, p: f64, dims: impl Into<Dims>, dtype: DType, device: &Device) -> Tensor {
        Array::random(key, Distribution::Bernoulli(p), dims, dtype, device).into()
    }

    /// Standard normal random numbers, the same on every device.
    ///
    /// # Panics
    /// When `dtype` isn't a floating-point type, or no memory could hold so many numbers.
    #[track_caller]
    pub fn normal(key: Key, dims: impl Into<Dims>, dtype: DType, device: &Device) -> Tensor {
        Array::normal(key, dims, dtype, device).into()
    }
}

impl From<Array> for Tensor {
    fn from(array: Array) -> Self {
        Tensor::new(array, Track::Constant)
    }
}

macro_rules! from_numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Tensor {
            /// A scalar on the CPU.
            #[track_caller]
            fn from(value: $number) -> Self {
                Tensor::from_slice(&[value], [], &Device::cpu())
            }
        }

        impl<const N: usize> From<[$number; N]> for Tensor {
            /// A vector on the CPU.
            #[track_caller]
            fn from(values: [$number; N]) -> Self {
                Tensor::from_slice(&values, [N], &Device::cpu())
            }
        }

        impl<const N: usize, const M: usize> From<[[$number; N]; M]> for Tensor {
            /// A matrix on the CPU, given row by row.
            #[track_caller]
            fn from(rows: [[$number; N]; M]) -> Self {
                Tensor::from_slice(rows.as_flattened(), [M, N], &Device::cpu())
            }
        }
    )*};
}
from_numbers!(f32, f64, u32);

/// Dims, type and values.
impl Tensor {
    /// The lengths of the axes.
    pub fn dims(&self) -> &Dims {
        self.array.dims()
    }

    /// The length of an axis; negative numbers count from the last.
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn dim(&self, axis: i32) -> usize {
        self.dims()[crate::axes::resolve("dim", axis, self.rank())]
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.array.rank()
    }

    /// The number of elements.
    pub fn numel(&self) -> usize {
        self.array.numel()
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.array.dtype()
    }

    /// The device the elements are on.
    pub fn device(&self) -> &Device {
        self.array.device()
    }

    /// Dims and element type.
    pub fn meta(&self) -> Meta {
        self.array.meta()
    }

    /// The values.
    pub fn array(&self) -> &Array {
        &self.array
    }

    /// The values, without the record.
    pub fn into_array(self) -> Array {
        self.array
    }

    pub(crate) fn array_mut(&mut self) -> &mut Array {
        &mut self.array
    }

    /// The elements in order, the last axis fastest.
    ///
    /// # Errors
    /// When the element type is another, or the device failed.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.array.to_vec()
    }

    /// The elements in order, converted to `f64`, whatever their type.
    ///
    /// # Errors
    /// When the device failed.
    pub fn to_f64_vec(&self) -> Result<Vec<f64>> {
        self.array.to_f64_vec()
    }

    /// The only element.
    ///
    /// # Errors
    /// When there is not exactly one, or the device failed.
    pub fn item(&self) -> Result<f64> {
        self.array.item()
    }
}

/// The record behind a tensor.
impl Tensor {
    /// The same values as a new leaf, for which gradients can be taken.
    ///
    /// # Panics
    /// When the elements aren't floats: integers have no derivative.
    #[must_use]
    #[track_caller]
    pub fn tracked(&self) -> Tensor {
        self.tracked_at(Location::caller())
    }

    /// As [`tracked`](Tensor::tracked), for a leaf that says it was made at `place`: a parameter whose values change stays
    /// that of the line that made it.
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn tracked_at(&self, place: &'static Location<'static>) -> Tensor {
        assert!(self.dtype().is_float(), "tracked: {} elements have no derivative", self.dtype());
        Tensor::new(self.array.clone(), Track::Node(Node::leaf(self.meta(), place)))
    }

    /// The same values, cut off from how they were computed.
    #[must_use]
    #[track_caller]
    pub fn detach(&self) -> Tensor {
        Tensor::new(self.array.clone(), self.track.cut(Location::caller()))
    }

    /// Whether gradients can flow to or through this tensor.
    pub fn is_tracked(&self) -> bool {
        self.node().is_some()
    }

    /// The record of how it was computed.
    pub fn node(&self) -> Option<&Arc<Node>> {
        self.track.node()
    }

    pub(crate) fn track(&self) -> &Track {
        &self.track
    }

    pub(crate) fn into_track(self) -> Track {
        self.track
    }

    /// Whether an op on this tensor would be recorded now.
    pub(crate) fn records(&self) -> bool {
        self.is_tracked() && is_recording()
    }
}

impl fmt::Display for Tensor {
    /// The elements, of a large tensor those at its ends, with type and dims; see [`Array`]'s.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(&self.array, f)
    }
}

impl fmt::Debug for Tensor {
    /// As [`Display`](fmt::Display) has it, and the op that made it.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        self.node().map_or(Ok(()), |node| write!(f, " from {}", node.name()))
    }
}
