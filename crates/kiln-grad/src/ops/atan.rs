//! `arctan x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::tensor::Tensor;

impl Tensor {
    /// `arctan x`, from −π/2 to π/2.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let y = Tensor::from([1.0]).atan().to_f64_vec()?[0];
    /// assert!((y - std::f64::consts::FRAC_PI_4).abs() < 1e-15);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    #[doc(alias = "arctan")]
    pub fn atan(&self) -> Tensor {
        self.atan2(&Tensor::ones([], self.dtype(), self.device()))
    }
}

/// Domain, cases and refusals of `atan`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::atan, f64::atan, Domain::Real).singular(
        "x is infinite",
        [f64::INFINITY],
        std::f64::consts::FRAC_PI_2,
        [0.0],
    )
}
