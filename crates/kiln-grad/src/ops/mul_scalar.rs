//! `x · number`.

use crate::case::{self, Case, Domain};
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
    #[must_use]
    #[track_caller]
    pub fn mul_scalar(&self, number: f64) -> Tensor {
        apply(MulScalar { number }, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    case::unary(|x| x.mul_scalar(-1.5), Domain::Real).into_iter().map(Case::linear).collect()
}
