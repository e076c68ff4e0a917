//! Distances between predictions and targets.

use super::reduction::{Reduction, same_dims};
use kiln_grad::Tensor;

/// The squared differences `(x − t)²`.
///
/// # Panics
/// When the dims differ.
#[must_use]
#[track_caller]
pub fn mse(predictions: &Tensor, targets: &Tensor, reduction: Reduction) -> Tensor {
    same_dims("mse", predictions, targets);
    reduction.apply(&(predictions - targets).square())
}

/// The absolute differences `|x − t|`; the derivative where they are equal counts as 0.
///
/// # Panics
/// When the dims differ.
#[must_use]
#[track_caller]
pub fn l1(predictions: &Tensor, targets: &Tensor, reduction: Reduction) -> Tensor {
    same_dims("l1", predictions, targets);
    reduction.apply(&(predictions - targets).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let (x, t) = (Tensor::from([[1.0, -2.0], [0.5, 3.0]]), Tensor::from([[0.0, 2.0], [0.5, 1.0]]));
        let of = |loss: Tensor| loss.item().unwrap();
        assert_eq!(of(mse(&x, &t, Reduction::Mean)), 21.0 / 4.0);
        assert_eq!(of(mse(&x, &t, Reduction::BatchMean)), 21.0 / 2.0);
        assert_eq!(of(l1(&x, &t, Reduction::Mean)), 7.0 / 4.0);
        assert_eq!(of(l1(&x, &t, Reduction::Sum)), 7.0);
        assert_eq!(of(l1(&(&x * 1e4), &(&t * -1e4), Reduction::Sum)), 6e4);
    }
}
