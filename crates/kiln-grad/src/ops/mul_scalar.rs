//! `x · number`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct MulScalar {
    number: f64,
}

impl Unary for MulScalar {
    const NAME: &'static str = "mul_scalar";
    const SAVES: Saves = Saves::Nothing;

    fn map(&self) -> Map {
        Map::MulScalar(self.number)
    }

    fn vjp(&self, _: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v.mul_scalar(self.number))
    }
}

impl Tensor {
    /// `x · number`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0]).mul_scalar(0.5).to_f64_vec()?, [0.5, 1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn mul_scalar(&self, number: f64) -> Tensor {
        apply(MulScalar { number }, [self])
    }
}

/// Domain, cases and refusals of `mul_scalar`.
pub fn definition() -> Definition {
    Definition::unary("all x", |x| x.mul_scalar(-1.5), |x| -1.5 * x, Domain::Real).linear().smooth()
}
