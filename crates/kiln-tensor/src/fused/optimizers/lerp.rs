//! Linear interpolation in place: running averages in one pass.

use super::{check, each, plan};
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::{Float, with_float};
use crate::error::{Result, ShapeError};
use crate::gpu::{Plan, PlanError};
use crate::kernel::FusedKernel;

/// `y += weight · (x − y)`. For each of any number of tensors, an input `x` and the output, changed in place,
/// `y`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lerp {
    /// Weight of `x`: 0 leaves `y` as it is, 1 makes it `x`.
    pub weight: f64,
}

impl FusedKernel for Lerp {
    fn name(&self) -> &'static str {
        "lerp"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        check::<1>("lerp", ins, outs)
    }

    fn in_place(&self) -> bool {
        true
    }

    fn gpu(&self, ins: &[Meta], outs: &[Meta]) -> Result<Plan, PlanError> {
        Ok(plan(&kiln_kernels::LERP, &[], &[self.weight], ins, outs))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => step::<T>(self, ins, outs))
    }
}

fn step<T: Float>(options: &Lerp, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let weight = T::from_f64(options.weight);
    each::<T, 1>(
        ins,
        outs,
        #[inline(always)]
        move |[y], x| {
            for (y, &x) in y.iter_mut().zip(x) {
                *y += weight * (x - *y);
            }
        },
    )
}
