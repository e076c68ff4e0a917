//! `x / (1 + |x|)`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// `x / (1 + |x|)`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, -3.0]).softsign().to_f64_vec()?, [0.5, -0.75]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn softsign(&self) -> Tensor {
        assert_floats("softsign", &[self]);
        self / (self.abs() + 1.0)
    }
}

/// Domain, cases and refusals of `softsign`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::softsign, |x| x / (1.0 + x.abs()), Domain::AwayFromKinks).smooth()
}
