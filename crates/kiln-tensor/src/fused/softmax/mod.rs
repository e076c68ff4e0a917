//! Softmax along the last axis and its logarithm, and their derivatives.

mod cpu;
mod gpu;

use super::check_dims;
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::with_float;
use crate::error::{Result, ShapeError};
use crate::gpu::{Plan, PlanError};
use crate::kernel::FusedKernel;

/// `eˣ / Σ eˣ` along the last axis, or its logarithm `x − ln Σ eˣ`. Input `x` with at least one axis, output like `x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// Whether the logarithm is computed.
    pub log: bool,
}

/// The derivative of [`Softmax`] by its result: inputs `v` and `y`, output `y · (v − Σ v·y)`, or for the logarithm
/// `v − eʸ · Σ v`, all of the same dims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftmaxBackward {
    /// Whether it is that of the logarithm.
    pub log: bool,
}

impl FusedKernel for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = ins.first().map_or(&[][..], |meta| &meta.dims);
        if x.is_empty() {
            return Err(ShapeError::new(self.name(), "got no input with an axis; wanted one"));
        }
        check_dims(self.name(), ins, outs, (&[x], &[x]))
    }

    /// Five an element: maximum, difference, exponential, sum, quotient.
    fn flops(&self, _: &[Meta], outs: &[Meta]) -> u64 {
        5 * outs[0].dims.numel() as u64
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        Ok(gpu::forward(self.log, &ins[0]))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => cpu::forward::<T>(self.log, ins, outs))
    }
}

impl FusedKernel for SoftmaxBackward {
    fn name(&self) -> &'static str {
        "softmax_backward"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let y = ins.first().map_or(&[][..], |meta| &meta.dims);
        if y.is_empty() {
            return Err(ShapeError::new(self.name(), "got no input with an axis; wanted two"));
        }
        check_dims(self.name(), ins, outs, (&[y, y], &[y]))
    }

    /// Four an element: product, sum, difference, product.
    fn flops(&self, _: &[Meta], outs: &[Meta]) -> u64 {
        4 * outs[0].dims.numel() as u64
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        Ok(gpu::backward(self.log, &ins[0]))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => cpu::backward::<T>(self.log, ins, outs))
    }
}
