//! Norms of rows, each with a line of its own: what layer, group and RMS norm are made of, and their derivative.

mod cpu;
mod gpu;
#[cfg(test)]
mod tests;

use super::check_dims;
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::with_float;
use crate::error::{Result, ShapeError};
use crate::gpu::{Plan, PlanError};
use crate::kernel::FusedKernel;

/// Normalises `x [n, k, segments, positions]` over the last two axes, and scales and shifts each segment.
///
/// Inputs `x`, and optionally `weight [k, segments]`, and then optionally `bias [k, segments]`; outputs `y` like `x`,
/// the mean and `1/√(var + eps)`, both `[n, k]`. `y = (x − mean) / √(var + eps) · weight + bias`, with the variance of
/// correction 0. If it isn't `centred`, the mean is 0 and the variance the mean of squares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowNorm {
    /// Number that is added to the variance, so that the division stays finite.
    pub eps: f64,
    /// Whether the mean is subtracted.
    pub centred: bool,
}

/// The derivative of [`RowNorm`].
///
/// Inputs `v`, `x`, the mean, `1/√(var + eps)` and optionally the weight; outputs the gradient of `x`, and if there is a weight
/// those of weight and bias, both `[k, segments]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowNormBackward(pub RowNorm);

/// The dims of `x`.
#[derive(Clone, Copy)]
struct RowDims {
    /// Rows, of which each `k`-th has the same weights.
    rows: usize,
    k: usize,
    segments: usize,
    positions: usize,
}

impl RowDims {
    /// Those of the input at `index` of a call that has been checked.
    fn of(x: &Meta) -> RowDims {
        let [n, k, segments, positions] = x.dims[..].try_into().expect("the check wants four axes");
        RowDims { rows: n * k, k, segments, positions }
    }

    /// Numbers of a row.
    fn len(self) -> usize {
        self.segments * self.positions
    }

    /// Numbers of the weight.
    fn weights(self) -> usize {
        self.k * self.segments
    }
}

fn four_axes(name: &'static str, x: Option<&Meta>) -> Result<[usize; 4], ShapeError> {
    let dims = x.and_then(|m| <[usize; 4]>::try_from(&*m.dims).ok());
    dims.ok_or_else(|| ShapeError::new(name, "what is normalised has not four axes"))
}

impl FusedKernel for RowNorm {
    fn name(&self) -> &'static str {
        "row_norm"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = four_axes(self.name(), ins.first())?;
        let (rows, weights) = (&x[..2], &x[1..3]);
        let all: [&[usize]; 3] = [&x, weights, weights];
        check_dims(self.name(), ins, outs, (&all[..ins.len().min(3)], &[&x, rows, rows]))
    }

    /// Seven an element: those of mean, variance, and the line.
    fn flops(&self, ins: &[Meta], _: &[Meta]) -> u64 {
        7 * ins[0].dims.numel() as u64
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        Ok(gpu::forward(self, RowDims::of(&ins[0]), ins.len()))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => cpu::forward::<T>(self, ins, outs))
    }
}

impl FusedKernel for RowNormBackward {
    fn name(&self) -> &'static str {
        "row_norm_backward"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let x = four_axes(self.name(), ins.get(1))?;
        let (rows, weights) = (&x[..2], &x[1..3]);
        let (ins_wanted, outs_wanted): ([&[usize]; 5], [&[usize]; 3]) =
            ([&x, &x, rows, rows, weights], [&x, weights, weights]);
        let (i, o) = if ins.len() == 4 { (4, 1) } else { (5, 3) };
        check_dims(self.name(), ins, outs, (&ins_wanted[..i], &outs_wanted[..o]))
    }

    /// Twelve an element: those of four sums, and the line of two tensors.
    fn flops(&self, ins: &[Meta], _: &[Meta]) -> u64 {
        12 * ins[1].dims.numel() as u64
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        Ok(gpu::backward(&self.0, RowDims::of(&ins[1]), ins.len() > 4))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[1].storage.dtype(), T => cpu::backward::<T>(&self.0, ins, outs))
    }
}
