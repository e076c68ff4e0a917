//! Element type and device of the tensors that a model is made of.

use kiln_grad::{DType, Device, Dims, Tensor};

/// Element type and device of the tensors that a model is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorOptions {
    /// The element type, a float: `F32` to train, `F64` to check gradients.
    pub dtype: DType,
    /// The device.
    pub device: Device,
}

impl TensorOptions {
    /// Elements of `dtype` on `device`.
    ///
    /// # Panics
    /// When `dtype` isn't a float: nothing else can be trained.
    #[track_caller]
    pub fn new(dtype: DType, device: &Device) -> Self {
        assert!(dtype.is_float(), "parameters are floats, not {dtype}");
        TensorOptions { dtype, device: device.clone() }
    }

    /// `F32` on the CPU: what models train in.
    pub fn cpu_f32() -> Self {
        TensorOptions::new(DType::F32, &Device::cpu())
    }

    /// `F64` on the CPU: what gradients are checked in.
    pub fn cpu_f64() -> Self {
        TensorOptions::new(DType::F64, &Device::cpu())
    }

    /// Those of a tensor.
    ///
    /// # Panics
    /// When the tensor isn't of floats.
    #[track_caller]
    pub fn of(tensor: &Tensor) -> Self {
        TensorOptions::new(tensor.dtype(), tensor.device())
    }

    /// `value` everywhere.
    pub fn full(&self, value: f64, dims: impl Into<Dims>) -> Tensor {
        Tensor::full(value, dims, self.dtype, &self.device)
    }

    /// Zeros.
    pub fn zeros(&self, dims: impl Into<Dims>) -> Tensor {
        self.full(0.0, dims)
    }

    /// Ones.
    pub fn ones(&self, dims: impl Into<Dims>) -> Tensor {
        self.full(1.0, dims)
    }
}

impl Default for TensorOptions {
    /// [`TensorOptions::cpu_f32`].
    fn default() -> Self {
        TensorOptions::cpu_f32()
    }
}
