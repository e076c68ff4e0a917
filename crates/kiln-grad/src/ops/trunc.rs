//! The integer part; its derivative counts as 0 everywhere.

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// `x` without what is behind the point; its derivative counts as 0 everywhere.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.7, -1.7]).trunc().to_f64_vec()?, [1.0, -1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn trunc(&self) -> Tensor {
        assert_floats("trunc", &[self]);
        self.lt(0.0).select(&self.ceil(), &self.floor())
    }
}

/// Domain, cases and refusals of `trunc`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::trunc, f64::trunc, Domain::AwayFromKinks).singular(
        "x is an integer",
        [-1.0],
        -1.0,
        [0.0],
    )
}
