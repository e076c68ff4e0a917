//! The variance over axes.

use crate::axes::Axes;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::{self, Values};
use crate::tensor::Tensor;

impl Tensor {
    /// The variance over `axes`, which go away: `Σ(x − mean)² / (n − correction)`. A correction of 1
    /// estimates the variance of what the elements were drawn from, 0 gives that of the elements. It is NaN
    /// when there are not more elements than the correction.
    ///
    /// # Panics
    /// When an axis doesn't exist, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn var(&self, axes: impl Axes, correction: f64) -> Tensor {
        assert_floats("var", &[self]);
        let count = self.count(&axes, "var");
        let centred = self - self.mean_keepdim(&axes);
        centred.square().sum(axes) / (count - correction).max(0.0)
    }
}

/// Domain, cases and refusals of `var`.
pub fn definition() -> Definition {
    let var = |correction| move |line: &[f64]| reference::variance(line, correction);
    let cases = vec![
        Case::new("all", [[2, 3]], |x| x[0].var(.., 1.0))
            .reference(move |x| x[0].reduce(&[0, 1], var(1.0)).without(&[0, 1])),
        Case::new("axis", [[2, 7]], |x| x[0].var(-1, 0.0))
            .reference(move |x| x[0].reduce(&[1], var(0.0)).without(&[1])),
        Case::new("inner axes", [[2, 3, 2, 2]], |x| x[0].var([1, 2], 1.0))
            .reference(move |x| x[0].reduce(&[1, 2], var(1.0)).without(&[1, 2])),
        Case::new("length 1", [[2, 1]], |x| x[0].var(1, 0.0)).reference(|_| Values::zeros([2])),
    ];
    let none = || Values::zeros([0, 3]);
    Definition::new("more elements than the correction", cases)
        .singular("no element, correction 1", [none()], f64::NAN, [none()])
        .singular(
            "one element, correction 1",
            [Values::new([1, 1], [2.0])],
            f64::NAN,
            [Values::new([1, 1], [f64::NAN])],
        )
        .refuses(&["var", "no axis 2", "2 axes"], [[2, 3]], |x| x[0].var(2, 1.0))
}
