//! `-x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Neg;

impl Unary for Neg {
    const NAME: &'static str = "neg";
    const SAVES: Saves = Saves::Nothing;

    fn map(&self) -> Map {
        Map::Neg
    }

    fn vjp(&self, _: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(-v)
    }
}

/// `-x`; also the operator.
#[must_use]
#[track_caller]
pub fn neg(x: &Tensor) -> Tensor {
    apply(Neg, [x])
}

/// Domain, cases and refusals of `neg`.
pub fn definition() -> Definition {
    Definition::unary("all x", neg, |x| -x, Domain::Real).linear().smooth()
}
