//! Batch norm (Ioffe and Szegedy, 2015) with the activation that follows it, and its derivative.

mod columns;
mod cpu;
mod gpu;
#[cfg(test)]
mod tests;

use super::channels::ChannelDims;
use super::{check_dims, three_axes};
use crate::Meta;
use crate::activation::{Activation, with_activation};
use crate::backend::{View, ViewMut};
use crate::dtype::with_float;
use crate::error::{Result, ShapeError};
use crate::gpu::{Plan, PlanError};
use crate::kernel::FusedKernel;

/// Normalises `x [a, b, c]` over `a` and `c` for each of the `b` channels, or, `by_sample`, over `c` alone.
///
/// Inputs `x`, and optionally `weight [b]` and `bias [b]`; outputs `y [a, b, c]`, the mean and the variance
/// with correction 0, both `[b]`, or `[a·b]` if `by_sample`.
/// `y = f((x − mean) / √(var + eps) · weight + bias)` with the activation `f`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BatchNorm {
    /// Number that is added to the variance, so that the division stays finite.
    pub eps: f64,
    /// Activation that follows.
    pub activation: Activation,
    /// Whether each sample is normalised on its own (instance norm).
    pub by_sample: bool,
}

/// The derivative of [`BatchNorm`].
///
/// Inputs `v`, `x`, `mean`, `var` and optionally `weight` and `bias`; outputs the gradients of `x`, `weight`
/// and `bias`. With `u` the pre-activation gradient, `n` the count of numbers that are normalised
/// together, and `x̂` the normalised `x`: `dbias = Σu`, `dweight = Σu·x̂`,
/// `dx = weight/√(var + eps) · (u − Σu/n − x̂·Σu·x̂/n)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormBackward(pub BatchNorm);

impl FusedKernel for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = three_axes(self.name(), ins)?;
        let (c, stats) = (&x[1..2], &[self.channels(x).b][..]);
        let affine: &[&[usize]] = if ins.len() > 1 { &[&x, c, c] } else { &[&x] };
        check_dims(self.name(), ins, outs, (affine, &[&x, stats, stats]))
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        Ok(gpu::NormPlan { options: self, dims: dims_of(ins), affine: ins.len() > 1 }.forward())
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => {
            with_activation!(self.activation, T, f => cpu::forward::<T>(self, f, ins, outs))
        })
    }
}

impl FusedKernel for BatchNormBackward {
    fn name(&self) -> &'static str {
        "batch_norm_backward"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = three_axes(self.name(), ins)?;
        let (c, stats) = (&x[1..2], &[self.0.channels(x).b][..]);
        let all: [&[usize]; 6] = [&x, &x, stats, stats, c, c];
        let count = if ins.len() == 4 { 4 } else { 6 };
        check_dims(self.name(), ins, outs, (&all[..count], &[&x, c, c]))
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        Ok(gpu::NormPlan { options: &self.0, dims: dims_of(ins), affine: ins.len() > 4 }.backward())
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => {
            with_activation!(self.0.activation, T, f => cpu::backward::<T>(&self.0, f, ins, outs))
        })
    }
}

impl BatchNorm {
    /// What is normalised together.
    fn channels(&self, [a, b, c]: [usize; 3]) -> ChannelDims {
        if self.by_sample { ChannelDims { a: 1, b: a * b, c } } else { ChannelDims { a, b, c } }
    }
}

/// Dims of the first input of a call that has been checked.
fn dims_of(ins: &[Meta]) -> [usize; 3] {
    ins[0].dims[..].try_into().expect("the check wants three axes")
}
