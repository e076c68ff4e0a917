//! A bias for each channel with the activation that follows it, and its derivative.

mod cpu;
mod gpu;
#[cfg(test)]
mod tests;

use super::{check_dims, three_axes};
use crate::Meta;
use crate::activation::{Activation, with_activation};
use crate::backend::{View, ViewMut};
use crate::dtype::with_float;
use crate::error::{Result, ShapeError};
use crate::gpu::{Plan, PlanError};
use crate::kernel::FusedKernel;

/// `y = f(x + bias)` with the activation `f`, in one pass. Inputs `x [a, b, c]` and `bias [b]`, output `y [a, b, c]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bias(pub Activation);

/// The derivative of [`Bias`], by its result `y`, in one pass: `u = v · f'`, which is the gradient of `x`, and its
/// sum over `a` and `c`, which is that of the bias. Inputs `v` and `y`, both `[a, b, c]`; outputs `u [a, b, c]` and
/// `dbias [b]`.
///
/// The sign of `y` must be that of `x + bias`: a slope of [`Activation::LeakyRelu`] may not be negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiasBackward(pub Activation);

impl FusedKernel for Bias {
    fn name(&self) -> &'static str {
        "bias"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = three_axes(self.name(), ins)?;
        check_dims(self.name(), ins, outs, (&[&x, &x[1..2]], &[&x]))
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        Ok(gpu::forward(self.0, dims_of(ins)))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => {
            with_activation!(self.0, T, f => cpu::forward::<T>(f, ins, outs))
        })
    }
}

impl FusedKernel for BiasBackward {
    fn name(&self) -> &'static str {
        "bias_backward"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = three_axes(self.name(), ins)?;
        check_dims(self.name(), ins, outs, (&[&x, &x], &[&x, &x[1..2]]))
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        Ok(gpu::backward(self.0, dims_of(ins)))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => {
            with_activation!(self.0, T, f => cpu::backward::<T>(f, ins, outs))
        })
    }
}

/// Dims of the first input of a call that has been checked.
fn dims_of(ins: &[Meta]) -> [usize; 3] {
    ins[0].dims[..].try_into().expect("the check wants three axes")
}
