//! `tan x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// `tan x`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0]).tan().to_f64_vec()?, [0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn tan(&self) -> Tensor {
        assert_floats("tan", &[self]);
        self.sin() / self.cos()
    }
}

/// Domain, cases and refusals of `tan`.
pub fn definition() -> Definition {
    Definition::unary("x between the odd multiples of π/2", Tensor::tan, f64::tan, Domain::Range(-1.3, 1.3))
        .smooth()
}
