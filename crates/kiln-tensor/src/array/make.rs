//! Making arrays.

use super::Array;
use crate::backend::Device;
use crate::dims::Dims;
use crate::dtype::{DType, Element, Float};
use crate::kernel::{Distribution, Kernel};
use crate::meta::Meta;
use crate::random::Key;

/// Making arrays.
impl Array {
    /// An array of `op` whose elements are not yet written.
    #[track_caller]
    pub(super) fn empty(op: &'static str, meta: Meta, device: &Device) -> Array {
        checked_numel(op, &meta.dims);
        Array::of_storage(device.alloc(meta))
    }

    /// An array of the given elements, the last axis fastest.
    ///
    /// # Panics
    /// When their number isn't the product of `dims`.
    #[track_caller]
    pub fn from_slice<T: Element>(elements: &[T], dims: impl Into<Dims>, device: &Device) -> Array {
        let dims = dims.into();
        let numel = checked_numel("from_slice", &dims);
        assert!(
            elements.len() == numel,
            "from_slice: {} elements can't have the dims {dims}, which take {numel}",
            elements.len(),
        );
        let meta = Meta { dims, dtype: T::DTYPE };
        Array::of_storage(device.upload(meta, bytemuck::cast_slice(elements)))
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
    ///
    /// # Panics
    /// When no memory could hold so many elements.
    #[track_caller]
    pub fn full(value: f64, dims: impl Into<Dims>, dtype: DType, device: &Device) -> Array {
        Array::generate("full", &Kernel::Fill(value), Meta { dims: dims.into(), dtype }, device)
    }

    /// An array of zeros.
    ///
    /// # Panics
    /// When no memory could hold so many.
    #[track_caller]
    pub fn zeros(dims: impl Into<Dims>, dtype: DType, device: &Device) -> Array {
        Array::generate("zeros", &Kernel::Fill(0.0), Meta { dims: dims.into(), dtype }, device)
    }

    /// Random numbers; element `i` is number `i` of `key`.
    ///
    /// # Panics
    /// When the type can't hold numbers of the distribution, a probability isn't in `[0, 1]`, or no memory could hold so many
    /// elements.
    #[track_caller]
    pub fn random(
        key: Key,
        distribution: Distribution,
        dims: impl Into<Dims>,
        dtype: DType,
        device: &Device,
    ) -> Array {
        let op = distribution.name();
        match distribution {
            Distribution::Words => {
                assert!(dtype == DType::U32, "{op}: {dtype} can't hold words of 32 bits; use u32")
            }
            Distribution::Uniform => {
                assert!(dtype.is_float(), "{op}: {dtype} can't hold numbers in [0, 1); use f32 or f64");
            }
            Distribution::Bernoulli(p) => {
                assert!((0.0..=1.0).contains(&p), "{op}: the probability is {p}; it must be in [0, 1]");
            }
        }
        Array::generate(op, &Kernel::Random { key, distribution }, Meta { dims: dims.into(), dtype }, device)
    }

    /// Standard normal random numbers, drawn on the host so that they are the same on every device.
    ///
    /// # Panics
    /// When `dtype` isn't a floating-point type, or no memory could hold so many numbers.
    #[track_caller]
    pub fn normal(key: Key, dims: impl Into<Dims>, dtype: DType, device: &Device) -> Array {
        #[track_caller]
        fn draw<T: Float>(key: Key, dims: Dims, device: &Device) -> Array {
            let numel = checked_numel("normal", &dims);
            let meta = Meta { dims, dtype: T::DTYPE };
            let storage = match bytemuck::allocation::try_zeroed_vec::<T>(numel) {
                Ok(mut numbers) => {
                    key.fill_normal(&mut numbers);
                    device.upload(meta, bytemuck::cast_slice(&numbers))
                }
                // A device may have room for what the host hasn't; not the other way round.
                Err(()) => device.no_room(meta),
            };
            Array::of_storage(storage)
        }
        match dtype {
            DType::F32 => draw::<f32>(key, dims.into(), device),
            DType::F64 => draw::<f64>(key, dims.into(), device),
            DType::U32 => panic!("normal: {dtype} can't hold normal numbers; use f32 or f64"),
        }
    }

    #[track_caller]
    fn generate(op: &'static str, kernel: &Kernel, meta: Meta, device: &Device) -> Array {
        let mut out = Array::empty(op, meta, device);
        device.run(kernel, &[], &mut [out.view_mut()]);
        out
    }

    /// An array with the elements of an `ndarray`.
    #[track_caller]
    pub fn from_ndarray<T: Element, D: ndarray::Dimension>(
        array: &ndarray::ArrayRef<T, D>,
        device: &Device,
    ) -> Array {
        let dims = Dims::new(array.shape());
        let standard = array.as_standard_layout();
        Array::from_slice(standard.as_slice().expect("the standard layout is contiguous"), dims, device)
    }
}

/// The number of elements of an array that `op` is to make.
#[track_caller]
pub(super) fn checked_numel(op: &'static str, dims: &Dims) -> usize {
    match dims.checked_numel(op) {
        Ok(numel) => numel,
        Err(error) => panic!("{error}"),
    }
}
