//! Dense layers: a product of matrices whose sums get a bias and an activation as they are stored.

mod cpu;
mod gpu;

use crate::Meta;
use crate::activation::{Activation, with_activation};
use crate::backend::{View, ViewMut};
use crate::dtype::with_float;
use crate::error::{Result, ShapeError};
use crate::fused::check_dims;
use crate::gpu::{Plan, PlanError};
use crate::kernel::FusedKernel;

/// `y = f(x · weightᵀ + bias)` with the activation `f`, in one pass. Inputs `x [m, k]`, `weight [n, k]` and `bias [n]`,
/// output `y [m, n]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linear(pub Activation);

impl FusedKernel for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let axes = |i: usize| ins.get(i).and_then(|meta| <[usize; 2]>::try_from(&*meta.dims).ok());
        let (Some([m, k]), Some([n, _])) = (axes(0), axes(1)) else {
            return Err(ShapeError::new(self.name(), "wanted inputs [m, k], [n, k] and [n]"));
        };
        check_dims(self.name(), ins, outs, (&[&[m, k], &[n, k], &[n]], &[&[m, n]]))
    }

    /// `2·m·n·k` of the product, and one more an element.
    fn flops(&self, ins: &[Meta], outs: &[Meta]) -> u64 {
        (2 * ins[0].dims[1] as u64 + 1) * outs[0].dims.numel() as u64
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        gpu::plan(self.0, [ins[0].dims[0], ins[1].dims[0], ins[0].dims[1]])
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => {
            with_activation!(self.0, T, f => cpu::run::<T>(f, ins, outs))
        })
    }
}
