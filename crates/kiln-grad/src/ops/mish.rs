//! `x · tanh(ln(1 + eˣ))` (Misra, 2019).

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// `x · tanh(ln(1 + eˣ))` (Misra, 2019).
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0]).mish().to_f64_vec()?, [0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn mish(&self) -> Tensor {
        assert_floats("mish", &[self]);
        self * self.softplus().tanh()
    }
}

/// Domain, cases and refusals of `mish`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::mish, |x| x * x.exp().ln_1p().tanh(), Domain::Real).smooth()
}
