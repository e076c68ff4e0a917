//! The mean over axes.

use crate::axes::Axes;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::Values;
use crate::tensor::Tensor;

impl Tensor {
    /// The mean over `axes`, which go away; of no elements it is NaN.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 3.0], [5.0, 7.0]]).mean(..).item()?, 4.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn mean(&self, axes: impl Axes) -> Tensor {
        assert_floats("mean", &[self]);
        let count = self.count(&axes, "mean");
        self.sum(axes) / count
    }

    /// The mean over `axes`, which stay with length 1.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 3.0]]).mean_keepdim(1).to_f64_vec()?, [2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn mean_keepdim(&self, axes: impl Axes) -> Tensor {
        assert_floats("mean", &[self]);
        let count = self.count(&axes, "mean");
        self.sum_keepdim(axes) / count
    }

    /// Number of elements along `axes`.
    #[track_caller]
    pub(crate) fn count(&self, axes: &impl Axes, op: &str) -> f64 {
        axes.resolve(op, self.rank()).into_iter().map(|axis| self.dims()[axis] as f64).product()
    }
}

/// Domain, cases and refusals of `mean`.
pub fn definition() -> Definition {
    let mean = |line: &[f64]| line.iter().sum::<f64>() / line.len() as f64;
    let cases = vec![
        Case::new("all", [[2, 3]], |x| x[0].mean(..))
            .reference(move |x| x[0].reduce(&[0, 1], mean).without(&[0, 1])),
        Case::new("axis", [[2, 7]], |x| x[0].mean(1))
            .reference(move |x| x[0].reduce(&[1], mean).without(&[1])),
        Case::new("kept", [[2, 3, 2]], |x| x[0].mean_keepdim([0, 2]))
            .reference(move |x| x[0].reduce(&[0, 2], mean)),
        Case::new("length 1", [[5, 1]], |x| x[0].mean(-1)).reference(|x| x[0].without(&[1])),
        Case::new("of no rows", [[0, 3]], |x| x[0].mean(1)).reference(|_| Values::zeros([0])),
    ];
    Definition::new("all x", cases)
        .linear()
        .singular("no element", [Values::zeros([0, 3])], f64::NAN, [Values::zeros([0, 3])])
        .refuses(&["mean", "no axis 2", "2 axes"], [[2, 3]], |x| x[0].mean(2))
        .refuses(&["mean", "an axis occurs twice"], [[2, 3]], |x| x[0].mean_keepdim([0, -2]))
}
