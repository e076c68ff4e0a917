//! Fused kernels: computations in fewer passes than the closed vocabulary would take.
//!
//! Each is a [`FusedKernel`](crate::FusedKernel), as a user's would be, and a folder or a file of its own: its shapes, its
//! code for the CPU, and its plan for a GPU.

mod attention;
mod batch_norm;
mod bias;
mod channels;
mod cross_entropy;
mod linear;
mod max_pool;
mod norm;
mod optimizers;
mod resample;
mod row_norm;
mod rows;
mod scatter;
mod softmax;
mod sort;
mod sums;

pub use attention::{Attention, AttentionBackward};
pub use batch_norm::{BatchNorm, BatchNormBackward};
pub use bias::{Bias, BiasBackward};
pub use cross_entropy::{BinaryCrossEntropy, BinaryCrossEntropyBackward};
pub use linear::Linear;
pub use max_pool::MaxPool;
pub use norm::Norm;
pub use optimizers::{Adam, Lerp, RmsProp, Sgd};
pub use resample::Resample;
pub use row_norm::{RowNorm, RowNormBackward};
pub use scatter::ScatterSource;
pub use softmax::{Softmax, SoftmaxBackward};
pub use sort::SortIndex;

use crate::Meta;
use crate::error::ShapeError;
use rayon::prelude::*;

/// Checks a call whose tensors are wanted with the given dims, all of one float type.
fn check_dims(
    name: &'static str,
    ins: &[Meta],
    outs: &[Meta],
    wanted: (&[&[usize]], &[&[usize]]),
) -> Result<(), ShapeError> {
    let Some(first) = outs.first() else { return Err(ShapeError::new(name, "got no output")) };
    let fits = |have: &[Meta], want: &[&[usize]]| {
        have.len() == want.len()
            && have
                .iter()
                .zip(want)
                .all(|(m, dims)| *m.dims == **dims && m.dtype == first.dtype && m.dtype.is_float())
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

/// The dims of a first input that has three axes.
fn three_axes(name: &'static str, ins: &[Meta]) -> Result<[usize; 3], ShapeError> {
    let dims = ins.first().and_then(|m| <[usize; 3]>::try_from(&*m.dims).ok());
    dims.ok_or_else(|| ShapeError::new(name, "the first input has not three axes"))
}

/// Elements one task handles.
const TASK: usize = 1 << 14;

/// Runs all tasks, in parallel if they handle more elements together than one task should.
fn run_tasks<I: Send>(tasks: Vec<I>, elements: usize, run: impl Fn(I) + Sync + Send) {
    if elements <= TASK {
        tasks.into_iter().for_each(run);
    } else {
        tasks.into_par_iter().for_each(run);
    }
}
