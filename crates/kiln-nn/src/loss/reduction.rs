//! How the losses of elements become one number.

use kiln_grad::{Dims, Tensor};

/// How the losses of elements become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// The mean over all elements.
    Mean,
    /// The sum over all elements.
    Sum,
    /// The sum over the elements of a sample, the mean over the samples along axis 0: the negative
    /// log-likelihood of a sample, as the evidence lower bound needs it.
    BatchMean,
    /// None: the losses stay as they are.
    None,
}

impl Reduction {
    /// One number from the losses of elements, or these losses for [`Reduction::None`].
    ///
    /// # Panics
    /// For [`Reduction::BatchMean`] when the tensor has no axis.
    #[must_use]
    #[track_caller]
    pub fn apply(self, losses: &Tensor) -> Tensor {
        match self {
            Reduction::None => losses.clone(),
            _ => self.of_sum(&losses.sum(..), losses.dims()),
        }
    }

    /// The same from the sum of the losses of elements that have these dims.
    #[track_caller]
    pub(super) fn of_sum(self, sum: &Tensor, dims: &Dims) -> Tensor {
        match self {
            Reduction::Mean => sum / dims.numel() as f64,
            Reduction::Sum => sum.clone(),
            Reduction::BatchMean => {
                assert!(dims.rank() > 0, "a mean over samples needs a batch axis, and this is one number");
                sum / dims[0] as f64
            }
            Reduction::None => unreachable!("losses that aren't reduced have no sum"),
        }
    }
}

/// Stops unless the two have the same dims: broadcasting here would hide a mistake.
#[track_caller]
pub(super) fn same_dims(loss: &str, prediction: &Tensor, target: &Tensor) {
    assert!(
        prediction.dims() == target.dims(),
        "{loss}: predictions {} and targets {} differ in dims",
        prediction.dims(),
        target.dims()
    );
}
