//! The length of many tensors taken together.

use super::{TASK, gpu, run_tasks};
use crate::backend::{View, ViewMut};
use crate::cpu::{Isa, compiled};
use crate::dtype::{Element, Float, with_float};
use crate::error::{Result, ShapeError};
use crate::gpu::Plan;
use crate::kernel::FusedKernel;
use crate::meta::Meta;

/// How many sums are kept side by side, so that they can be added in one instruction.
const LANES: usize = 16;

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
        let dtype = outs[0].dtype;
        let fits = outs[0].dims.is_empty() && dtype.is_float() && ins.iter().all(|meta| meta.dtype == dtype);
        if fits {
            return Ok(());
        }
        let list: Vec<String> = ins.iter().chain(outs).map(Meta::to_string).collect();
        let list = list.join(", ");
        Err(ShapeError::new("norm", format!("got {list}; wanted floats of one type, the last without axes")))
    }

    fn flops(&self, ins: &[Meta], _: &[Meta]) -> u64 {
        2 * ins.iter().map(|meta| meta.dims.numel() as u64).sum::<u64>()
    }

    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Option<Plan> {
        Some(gpu::norm::plan(ins))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(outs[0].storage.dtype(), T => run::<T>(ins, outs))
    }
}

fn run<T: Float>(ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let mut pieces = Vec::new();
    for input in ins {
        pieces.extend(input.slice::<T>()?.chunks(TASK).map(|piece| (piece, 0.0)));
    }
    let elements = ins.iter().map(|input| input.layout.numel()).sum();
    let isa = Isa::chosen()?;
    run_tasks(pieces.iter_mut().collect(), elements, |(piece, sum)| {
        *sum = compiled(
            isa,
            #[inline(always)]
            || squares(piece),
        );
    });
    let total: f64 = pieces.iter().map(|(_, sum)| sum).sum();
    outs[0].slice_mut::<T>()?[0] = T::from_f64(total.sqrt());
    Ok(())
}

#[inline(always)]
fn squares<T: Float>(values: &[T]) -> f64 {
    let mut sums = [0.0; LANES];
    let square = |value: T| Element::to_f64(value) * Element::to_f64(value);
    let (whole, rest) = values.as_chunks::<LANES>();
    for values in whole {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += square(*value);
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *sum += square(*value);
    }
    sums.iter().sum()
}
