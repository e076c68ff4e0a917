//! The smallest element along axes, by the same op as the [largest](super::max).

use super::max::Extreme;
use crate::axes::{Axes, removed};
use crate::case::{Case, Domain};
use crate::op::apply;
use crate::tensor::Tensor;

impl Tensor {
    /// The smallest element along `axes`, which go away; NaN if any is.
    ///
    /// # Panics
    /// When an axis doesn't exist or is empty.
    #[must_use]
    #[track_caller]
    pub fn min(&self, axes: impl Axes) -> Tensor {
        let dims = removed(self.dims(), &axes.resolve("min", self.rank()));
        self.min_keepdim(axes).reshape(dims)
    }

    /// The smallest element along `axes`, which stay with length 1; NaN if any is.
    ///
    /// # Panics
    /// When an axis doesn't exist or is empty.
    #[must_use]
    #[track_caller]
    pub fn min_keepdim(&self, axes: impl Axes) -> Tensor {
        apply(Extreme { smallest: true, axes: axes.resolve("min", self.rank()) }, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("all", [[2, 3]], |x| x[0].min(..)).on(Domain::Distinct),
        Case::new("axis", [[2, 3]], |x| x[0].min(1)).on(Domain::Distinct),
        Case::new("kept", [[2, 3, 2]], |x| x[0].min_keepdim([0, 2])).on(Domain::Distinct),
    ]
}
