//! Linear interpolation in place: running averages in one pass.

use super::parameters;
use crate::array::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::{Float, with_float};
use crate::error::{Result, ShapeError};
use crate::gpu::{Pass, Plan, Slot};
use crate::kernel::FusedKernel;

/// `y += weight · (x − y)`. For each of any number of tensors, an input `x` and the output, changed in place,
/// `y`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lerp {
    /// How far to go from `y` to `x`: 0 stays, 1 arrives.
    pub weight: f64,
}

impl FusedKernel for Lerp {
    fn name(&self) -> &'static str {
        "lerp"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        parameters::check::<1>("lerp", ins, outs)
    }

    fn in_place(&self) -> bool {
        true
    }

    fn gpu(&self, _: &[Meta], outs: &[Meta]) -> Option<Plan> {
        let step = |(i, y): (usize, &Meta)| Pass {
            source: &kiln_kernels::LERP,
            constants: vec![],
            words: vec![y.dims.numel() as u32, (self.weight as f32).to_bits()],
            reads: vec![Slot::In(i)],
            writes: vec![Slot::Out(i)],
            workgroups: y.dims.numel().div_ceil(256) as u64,
        };
        Some(Plan { scratch: vec![], passes: outs.iter().enumerate().map(step).collect() })
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => step::<T>(self, ins, outs))
    }
}

fn step<T: Float>(options: &Lerp, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let weight = T::from_f64(options.weight);
    parameters::each::<T, 1>(ins, outs, |[y], x| {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y += weight * (x - *y));
    })
}
