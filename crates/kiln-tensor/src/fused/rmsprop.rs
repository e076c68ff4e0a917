//! RMSprop (Tieleman and Hinton, 2012) in one pass.

use super::{TASK, check_dims};
use crate::array::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::{Float, with_float};
use crate::error::{Result, ShapeError};
use crate::kernel::FusedKernel;
use rayon::prelude::*;

/// `g += weight_decay·p; s = alpha·s + (1 − alpha)·g²; p −= lr·g/(√s + eps)`. Input `g`; outputs, changed
/// in place, `p` and `s`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp {
    /// The learning rate.
    pub lr: f64,
    /// How slowly the mean of squares forgets; in `[0, 1)`.
    pub alpha: f64,
    /// Keeps the division finite.
    pub eps: f64,
    /// The strength of the pull towards 0.
    pub weight_decay: f64,
}

impl FusedKernel for RmsProp {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let dims: &[usize] = &outs[0].dims;
        check_dims("rmsprop", ins, outs, (&[dims], &[dims, dims]))
    }

    fn in_place(&self) -> bool {
        true
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => step::<T>(self, ins, outs))
    }
}

fn step<T: Float>(options: &RmsProp, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let RmsProp { lr, alpha, eps, weight_decay } = *options;
    let [lr, alpha, rest, eps, decay] = [lr, alpha, 1.0 - alpha, eps, weight_decay].map(T::from_f64);
    let g = ins[0].slice::<T>()?;
    let [p, s] = outs else { unreachable!("the check wants two outputs") };
    let (p, s) = (p.slice_mut::<T>()?, s.slice_mut::<T>()?);
    let tasks = (p.par_chunks_mut(TASK), s.par_chunks_mut(TASK), g.par_chunks(TASK));
    tasks.into_par_iter().for_each(|(p, s, g)| {
        for ((p, s), &g) in p.iter_mut().zip(s).zip(g) {
            let g = g + decay * *p;
            *s = alpha * *s + rest * g * g;
            *p -= lr * g / (s.sqrt() + eps);
        }
    });
    Ok(())
}
