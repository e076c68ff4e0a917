//! Linear interpolation in place: running averages in one pass.

use super::{TASK, check_dims};
use crate::array::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::{Float, with_float};
use crate::error::{Result, ShapeError};
use crate::kernel::FusedKernel;
use rayon::prelude::*;

/// `y += weight · (x − y)`. Input `x`; output, changed in place, `y`.
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
        let dims: &[usize] = &outs[0].dims;
        check_dims("lerp", ins, outs, (&[dims], &[dims]))
    }

    fn in_place(&self) -> bool {
        true
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => step::<T>(self, ins, outs))
    }
}

fn step<T: Float>(options: &Lerp, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let weight = T::from_f64(options.weight);
    let x = ins[0].slice::<T>()?;
    let y = outs[0].slice_mut::<T>()?;
    y.par_chunks_mut(TASK).zip(x.par_chunks(TASK)).for_each(|(y, x)| {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y += weight * (x - *y));
    });
    Ok(())
}
