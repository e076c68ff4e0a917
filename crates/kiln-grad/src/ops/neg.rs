//! `-x`.

use crate::case::{self, Case, Domain};
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

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    case::unary(neg, Domain::Real).into_iter().map(Case::linear).collect()
}
