//! `sinh x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// `sinh x`, accurate near 0, and finite wherever a number of the type holds it.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1e-9]).sinh().to_f64_vec()?, [1e-9]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn sinh(&self) -> Tensor {
        assert_floats("sinh", &[self]);
        // sinh x = 2 sinh(x/2) cosh(x/2): no power is larger than the result.
        let half = self * 0.5;
        let (rise, fall) = (half.expm1(), (-half).expm1());
        (&rise - &fall) * ((rise + fall) * 0.5 + 1.0)
    }
}

/// Domain, cases and refusals of `sinh`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::sinh, f64::sinh, Domain::Real).smooth()
}
