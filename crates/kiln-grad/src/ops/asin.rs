//! `arcsin x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// `arcsin x`, from −π/2 to π/2.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let y = Tensor::from([0.5]).asin().to_f64_vec()?[0];
    /// assert!((y - std::f64::consts::FRAC_PI_6).abs() < 1e-15);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    #[doc(alias = "arcsin")]
    pub fn asin(&self) -> Tensor {
        assert_floats("asin", &[self]);
        self.atan2(&((1.0 - self) * (1.0 + self)).sqrt())
    }
}

/// Domain, cases and refusals of `asin`.
pub fn definition() -> Definition {
    Definition::unary("−1 ≤ x ≤ 1", Tensor::asin, f64::asin, Domain::Range(-0.9, 0.9)).smooth()
}
