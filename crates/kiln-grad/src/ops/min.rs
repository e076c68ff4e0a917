//! The smallest element along axes, by the same op as the [largest](super::max).

use super::max::Extreme;
use crate::axes::{Axes, removed};
use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::op::apply;
use crate::reference::Values;
use crate::tensor::Tensor;

impl Tensor {
    /// The smallest element along `axes`, which go away; NaN if any is, and of no elements ∞.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 4.0], [3.0, 2.0]]).min(1).to_f64_vec()?, [1.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    #[doc(alias = "amin")]
    pub fn min(&self, axes: impl Axes) -> Tensor {
        let dims = removed(self.dims(), &axes.resolve("min", self.rank()));
        self.min_keepdim(axes).reshape(dims)
    }

    /// The smallest element along `axes`, which stay with length 1; NaN if any is, and of no elements ∞.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 4.0]]).min_keepdim(1).dims(), &[1, 1].into());
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    #[doc(alias = "amin")]
    pub fn min_keepdim(&self, axes: impl Axes) -> Tensor {
        apply(Extreme { smallest: true, axes: axes.resolve("min", self.rank()) }, [self])
    }
}

/// Domain, cases and refusals of `min`.
pub fn definition() -> Definition {
    let found = |line: &[f64]| line.iter().copied().fold(f64::INFINITY, f64::min);
    let cases = vec![
        Case::new("all", [[2, 3]], |x| x[0].min(..))
            .reference(move |x| x[0].reduce(&[0, 1], found).without(&[0, 1])),
        Case::new("axis", [[2, 3]], |x| x[0].min(1))
            .reference(move |x| x[0].reduce(&[1], found).without(&[1])),
        Case::new("kept", [[2, 3, 2]], |x| x[0].min_keepdim([0, 2]))
            .reference(move |x| x[0].reduce(&[0, 2], found)),
        Case::new("length 1", [[5, 1]], |x| x[0].min(-1)).reference(|x| x[0].without(&[1])),
        Case::new("scalar", [[0; 0]], |x| x[0].min(..)).reference(|x| x[0].clone()),
        Case::new("of no rows", [[0, 3]], |x| x[0].min(1)).reference(|_| Values::zeros([0])),
    ];
    Definition::new("all x", cases.into_iter().map(|case| case.on(Domain::Distinct)).collect())
        .singular("several smallest", [[1.0, 3.0, 1.0]], 1.0, [[0.5, 0.0, 0.5]])
        .singular("no element", [Values::zeros([0, 3])], f64::INFINITY, [Values::zeros([0, 3])])
        .refuses(&["min", "no axis 2"], [[2, 3]], |x| x[0].min(2))
}
