//! The mean over axes.

use crate::axes::Axes;
use crate::case::Case;
use crate::tensor::Tensor;

impl Tensor {
    /// The mean over `axes`, which go away; of no elements it is NaN.
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn mean(&self, axes: impl Axes) -> Tensor {
        let count = self.count(&axes, "mean");
        self.sum(axes) / count
    }

    /// The mean over `axes`, which stay with length 1.
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn mean_keepdim(&self, axes: impl Axes) -> Tensor {
        let count = self.count(&axes, "mean");
        self.sum_keepdim(axes) / count
    }

    /// How many elements lie along `axes`.
    #[track_caller]
    pub(crate) fn count(&self, axes: &impl Axes, op: &str) -> f64 {
        axes.resolve(op, self.rank()).into_iter().map(|axis| self.dims()[axis] as f64).product()
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("all", [[2, 3]], |x| x[0].mean(..)).linear(),
        Case::new("axis", [[2, 3]], |x| x[0].mean(1)).linear(),
        Case::new("kept", [[2, 3, 2]], |x| x[0].mean_keepdim([0, 2])).linear(),
    ]
}
