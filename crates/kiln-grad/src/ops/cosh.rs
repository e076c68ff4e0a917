//! `cosh x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// `cosh x`, finite wherever a number of the type holds it.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0]).cosh().to_f64_vec()?, [1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn cosh(&self) -> Tensor {
        assert_floats("cosh", &[self]);
        // cosh x = 1 + 2 sinh²(x/2).
        let half = self * 0.5;
        (half.expm1() - (-half).expm1()).square() * 0.5 + 1.0
    }
}

/// Domain, cases and refusals of `cosh`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::cosh, f64::cosh, Domain::Real).smooth()
}
