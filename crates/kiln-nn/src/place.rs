//! Where parameters live.

use kiln_grad::{DType, Device, Dims, Tensor};

/// Where the tensors of a model are made: their element type and their device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The element type, a float: `F32` to train, `F64` to check gradients.
    pub dtype: DType,
    /// The device.
    pub device: Device,
}

impl Place {
    /// Elements of `dtype` on `device`.
    ///
    /// # Panics
    /// When `dtype` isn't a float: nothing else can be trained.
    #[track_caller]
    pub fn new(dtype: DType, device: &Device) -> Self {
        assert!(dtype.is_float(), "a place for parameters holds floats, not {dtype}");
        Place { dtype, device: device.clone() }
    }

    /// `F32` on the CPU: what models train in.
    pub fn cpu_f32() -> Self {
        Place::new(DType::F32, &Device::cpu())
    }

    /// `F64` on the CPU: what gradients are checked in.
    pub fn cpu_f64() -> Self {
        Place::new(DType::F64, &Device::cpu())
    }

    /// The place of a tensor.
    ///
    /// # Panics
    /// When the tensor isn't of floats.
    #[track_caller]
    pub fn of(tensor: &Tensor) -> Self {
        Place::new(tensor.dtype(), tensor.device())
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

impl Default for Place {
    /// [`Place::cpu_f32`].
    fn default() -> Self {
        Place::cpu_f32()
    }
}
