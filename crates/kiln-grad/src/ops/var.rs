//! The variance over axes.

use crate::axes::{Axes, removed};
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
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 3.0]]).var(1, 1.0).to_f64_vec()?, [2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn var(&self, axes: impl Axes, correction: f64) -> Tensor {
        let dims = removed(self.dims(), &axes.resolve("var", self.rank()));
        self.var_keepdim(axes, correction).reshape(dims)
    }

    /// The variance over `axes`, which stay with length 1; see [`var`](Self::var).
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 3.0]]).var_keepdim(1, 0.0).dims(), &[1, 1].into());
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn var_keepdim(&self, axes: impl Axes, correction: f64) -> Tensor {
        assert_floats("var", &[self]);
        let count = self.count(&axes, "var");
        let centred = self - self.mean_keepdim(&axes);
        centred.square().sum_keepdim(axes) / (count - correction).max(0.0)
    }

    /// The standard deviation over `axes`, which go away: the root of [`var`](Self::var). Where all elements are equal
    /// it has no derivative: the gradient is NaN.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 3.0]).std(0, 0.0).item()?, 1.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn std(&self, axes: impl Axes, correction: f64) -> Tensor {
        self.var(axes, correction).sqrt()
    }

    /// The standard deviation over `axes`, which stay with length 1; see [`std`](Self::std).
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 3.0]]).std_keepdim(1, 0.0).dims(), &[1, 1].into());
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn std_keepdim(&self, axes: impl Axes, correction: f64) -> Tensor {
        self.var_keepdim(axes, correction).sqrt()
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
        Case::new("kept", [[2, 3]], |x| x[0].var_keepdim(1, 1.0))
            .reference(move |x| x[0].reduce(&[1], var(1.0))),
        Case::new("deviation", [[3, 2, 3]], |x| x[0].std([0, 2], 1.0))
            .reference(move |x| x[0].reduce(&[0, 2], var(1.0)).without(&[0, 2]).map(f64::sqrt)),
        Case::new("deviation, kept", [[3, 2, 2]], |x| x[0].std_keepdim([0, 2], 0.0))
            .reference(move |x| x[0].reduce(&[0, 2], var(0.0)).map(f64::sqrt)),
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
