//! `x · min(max(x + 3, 0), 6) / 6` (Howard et al., 2019).

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// `x · min(max(x + 3, 0), 6) / 6` (Howard et al., 2019).
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([-4.0, 0.0, 4.0]).hardswish().to_f64_vec()?, [0.0, 0.0, 4.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn hardswish(&self) -> Tensor {
        assert_floats("hardswish", &[self]);
        self * (self + 3.0).clamp(0.0, 6.0) / 6.0
    }
}

/// Domain, cases and refusals of `hardswish`.
pub fn definition() -> Definition {
    let plain = |x: f64| x * (x + 3.0).clamp(0.0, 6.0) / 6.0;
    Definition::unary("all x", Tensor::hardswish, plain, Domain::Real).singular("x = −3", [-3.0], 0.0, [-0.5])
}
