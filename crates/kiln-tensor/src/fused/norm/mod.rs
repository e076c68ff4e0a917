//! The Euclidean norm of many tensors taken together.

mod cpu;
mod gpu;

use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::with_float;
use crate::error::{Result, ShapeError};
use crate::gpu::{Plan, PlanError};
use crate::kernel::FusedKernel;

/// `√(Σ x²)` over all elements of all inputs, in one pass. The output has no axes. Squares are summed in
/// `f64` and in one order, so the result is the same at any number of threads, and overflows only where the
/// length itself does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Norm;

impl FusedKernel for Norm {
    fn name(&self) -> &'static str {
        "norm"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let floats = |out: &Meta| out.dtype.is_float() && ins.iter().all(|meta| meta.dtype == out.dtype);
        if let [out] = outs
            && out.dims.is_empty()
            && floats(out)
        {
            return Ok(());
        }
        let list: Vec<String> = ins.iter().chain(outs).map(Meta::to_string).collect();
        let list = list.join(", ");
        Err(ShapeError::new("norm", format!("got {list}; wanted floats of one type, the last without axes")))
    }

    fn flops(&self, ins: &[Meta], _: &[Meta]) -> u64 {
        2 * ins.iter().map(|meta| meta.dims.numel() as u64).sum::<u64>()
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        Ok(gpu::plan(ins))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(outs[0].storage.dtype(), T => cpu::run::<T>(ins, outs))
    }
}
