//! Fused kernels: computations in fewer passes than the closed vocabulary would take.
//!
//! Each is a [`FusedKernel`](crate::FusedKernel) with its own check and CPU code, as a user's would be.

pub(crate) mod activation;
mod adam;
mod batch_norm;
mod bias;
mod channels;
mod cross_entropy;
mod gpu;
mod lerp;
mod norm;
mod parameters;
mod rmsprop;
mod sgd;

pub use activation::Activation;
pub(crate) use activation::{Rectifier, with_rectifier};
pub use adam::Adam;
pub use batch_norm::{BatchNorm, BatchNormBackward};
pub use bias::{Bias, BiasBackward};
pub use cross_entropy::{BinaryCrossEntropy, BinaryCrossEntropyBackward};
pub use lerp::Lerp;
pub use norm::Norm;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use crate::error::ShapeError;
use crate::meta::Meta;
use rayon::prelude::*;

/// Checks a call whose tensors are wanted with the given dims, all of one float type.
pub(crate) fn check_dims(
    name: &'static str,
    ins: &[Meta],
    outs: &[Meta],
    wanted: (&[&[usize]], &[&[usize]]),
) -> Result<(), ShapeError> {
    let fits = |have: &[Meta], want: &[&[usize]]| {
        have.len() == want.len()
            && have
                .iter()
                .zip(want)
                .all(|(m, dims)| *m.dims == **dims && m.dtype == outs[0].dtype && m.dtype.is_float())
    };
    if fits(ins, wanted.0) && fits(outs, wanted.1) {
        return Ok(());
    }
    let list = |metas: &[Meta]| metas.iter().map(Meta::to_string).collect::<Vec<_>>().join(", ");
    Err(ShapeError::new(
        name,
        format!(
            "got inputs ({}) and outputs ({}); wanted dims {:?} and {:?} of one float type",
            list(ins),
            list(outs),
            wanted.0,
            wanted.1
        ),
    ))
}

/// Elements one task handles.
pub(crate) const TASK: usize = 1 << 14;

/// Runs all tasks, in parallel if they handle more elements together than one task should.
pub(crate) fn run_tasks<I: Send>(tasks: Vec<I>, elements: usize, run: impl Fn(I) + Sync + Send) {
    if elements <= TASK {
        tasks.into_iter().for_each(run);
    } else {
        tasks.into_par_iter().for_each(run);
    }
}
