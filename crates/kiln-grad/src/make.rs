//! Tensors of numbers in a row, and tensors brought from elsewhere.

use crate::tensor::Tensor;
use kiln_tensor::{Array, DType, Device, Dims, Result};
use std::panic::Location;

impl Tensor {
    /// A tensor of the given numbers, the last axis fastest, converted to `dtype` before they go to the device.
    ///
    /// ```
    /// use kiln_grad::{DType, Device, Tensor};
    /// let x = Tensor::from_f64(&[1.0, 2.0, 3.0, 4.0], [2, 2], DType::F32, &Device::cpu());
    /// assert_eq!(x.to_vec::<f32>()?, [1.0, 2.0, 3.0, 4.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When their number isn't the product of `dims`.
    #[must_use]
    #[track_caller]
    pub fn from_f64(numbers: &[f64], dims: impl Into<Dims>, dtype: DType, device: &Device) -> Tensor {
        Array::from_f64(numbers, dims, dtype, device).into()
    }

    /// The numbers from `start` on, `step` apart, that don't reach `end`; none if `end` lies behind `start`.
    ///
    /// ```
    /// use kiln_grad::{DType, Device, Tensor};
    /// let x = Tensor::arange(1.0, 2.0, 0.25, DType::F64, &Device::cpu());
    /// assert_eq!(x.to_f64_vec()?, [1.0, 1.25, 1.5, 1.75]);
    /// assert_eq!(Tensor::arange(3.0, 0.0, -1.0, DType::U32, &Device::cpu()).to_vec::<u32>()?, [3, 2, 1]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the step is 0, or a number isn't finite.
    #[must_use]
    #[track_caller]
    pub fn arange(start: f64, end: f64, step: f64, dtype: DType, device: &Device) -> Tensor {
        let count = ((end - start) / step).ceil();
        assert!(
            step != 0.0 && step.is_finite() && count.is_finite(),
            "arange: from {start} to {end} by {step}; wanted finite numbers and a step other than 0"
        );
        let numbers: Vec<f64> = (0..count.max(0.0) as usize).map(|i| start + i as f64 * step).collect();
        Tensor::from_f64(&numbers, [numbers.len()], dtype, device)
    }

    /// `count` numbers at equal distances, the first `start` and the last `end`.
    ///
    /// ```
    /// use kiln_grad::{DType, Device, Tensor};
    /// let x = Tensor::linspace(0.0, 1.0, 5, DType::F64, &Device::cpu());
    /// assert_eq!(x.to_f64_vec()?, [0.0, 0.25, 0.5, 0.75, 1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn linspace(start: f64, end: f64, count: usize, dtype: DType, device: &Device) -> Tensor {
        let last = count.saturating_sub(1).max(1) as f64;
        // From both ends, so that both are met.
        let number = |i: usize| match i as f64 / last {
            share if share < 0.5 => start + (end - start) * share,
            share => end - (end - start) * (1.0 - share),
        };
        let numbers: Vec<f64> = (0..count).map(number).collect();
        Tensor::from_f64(&numbers, [count], dtype, device)
    }

    /// The unit matrix with `size` rows and columns.
    ///
    /// ```
    /// use kiln_grad::{DType, Device, Tensor};
    /// assert_eq!(Tensor::eye(2, DType::F64, &Device::cpu()).to_f64_vec()?, [1.0, 0.0, 0.0, 1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eye(size: usize, dtype: DType, device: &Device) -> Tensor {
        Tensor::arange(0.0, size as f64, 1.0, DType::U32, device).one_hot(size, dtype)
    }

    /// The same values on `device`: itself if it is there, else a constant, for gradients don't flow between devices.
    ///
    /// ```
    /// use kiln_grad::{Device, Tensor};
    /// let x = Tensor::from([1.0, 2.0]).to_device(&Device::cpu())?;
    /// assert_eq!(x.to_f64_vec()?, [1.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Errors
    /// The failure of the device they come from.
    #[track_caller]
    pub fn to_device(&self, device: &Device) -> Result<Tensor> {
        if device == self.device() {
            return Ok(self.clone());
        }
        Ok(Tensor::new(self.array().to_device(device)?, self.track().cut(Location::caller())))
    }
}
