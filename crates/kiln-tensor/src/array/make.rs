//! Making arrays.

use super::Array;
use crate::backend::Device;
use crate::dims::Dims;
use crate::dtype::{DType, Element, Float};
use crate::kernel::{Distribution, Kernel};
use crate::layout::Layout;
use crate::meta::Meta;
use crate::random::Key;

/// Making arrays.
impl Array {
    /// An array whose elements are not yet written.
    pub(super) fn empty(meta: Meta, device: &Device) -> Array {
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

    /// An array of the given numbers, which are converted to `dtype` before they go to the device: it may lack
    /// `f64`.
    ///
    /// # Panics
    /// When their number isn't the product of `dims`.
    #[track_caller]
    pub fn from_f64(numbers: &[f64], dims: impl Into<Dims>, dtype: DType, device: &Device) -> Array {
        fn convert<T: Element>(numbers: &[f64]) -> Vec<T> {
            numbers.iter().map(|x| T::from_f64(*x)).collect()
        }
        match dtype {
            DType::F32 => Array::from_slice(&convert::<f32>(numbers), dims, device),
            DType::F64 => Array::from_slice(numbers, dims, device),
            DType::U32 => Array::from_slice(&convert::<u32>(numbers), dims, device),
        }
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
        fn draw<T: Float>(key: Key, dims: Dims, device: &Device) -> Array {
            let mut numbers = vec![T::zero(); dims.numel()];
            key.fill_normal(&mut numbers);
            Array::from_slice(&numbers, dims, device)
        }
        match dtype {
            DType::F32 => draw::<f32>(key, dims.into(), device),
            DType::F64 => draw::<f64>(key, dims.into(), device),
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
