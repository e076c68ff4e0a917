//! The smallest integer not below `x`; its derivative counts as 0 everywhere.

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// The smallest integer not below `x`; its derivative counts as 0 everywhere.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.2, -1.2]).ceil().to_f64_vec()?, [2.0, -1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn ceil(&self) -> Tensor {
        assert_floats("ceil", &[self]);
        -(-self).floor()
    }
}

/// Domain, cases and refusals of `ceil`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::ceil, f64::ceil, Domain::AwayFromKinks).singular(
        "x is an integer",
        [1.0],
        1.0,
        [0.0],
    )
}
