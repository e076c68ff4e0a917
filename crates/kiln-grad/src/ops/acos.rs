//! `arccos x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// `arccos x`, from 0 to π.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let y = Tensor::from([0.5]).acos().to_f64_vec()?[0];
    /// assert!((y - std::f64::consts::FRAC_PI_3).abs() < 1e-15);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    #[doc(alias = "arccos")]
    pub fn acos(&self) -> Tensor {
        assert_floats("acos", &[self]);
        ((1.0 - self) * (1.0 + self)).sqrt().atan2(self)
    }
}

/// Domain, cases and refusals of `acos`.
pub fn definition() -> Definition {
    Definition::unary("−1 ≤ x ≤ 1", Tensor::acos, f64::acos, Domain::Range(-0.9, 0.9)).smooth()
}
