//! The variance over axes.

use crate::axes::Axes;
use crate::case::Case;
use crate::tensor::Tensor;

impl Tensor {
    /// The variance over `axes`, which go away: `Σ(x − mean)² / (n − correction)`. A correction of 1
    /// estimates the variance of what the elements were drawn from, 0 gives that of the elements.
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn var(&self, axes: impl Axes, correction: f64) -> Tensor {
        let count = self.count(&axes, "var");
        let centred = self - self.mean_keepdim(&axes);
        centred.square().sum(axes) / (count - correction)
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("all", [[2, 3]], |x| x[0].var(.., 1.0)),
        Case::new("axis", [[2, 3]], |x| x[0].var(-1, 0.0)),
        Case::new("length 1", [[2, 1]], |x| x[0].var(1, 0.0)),
    ]
}
