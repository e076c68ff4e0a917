//! `eˣ`.

use crate::case::{self, Case, Domain};
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Exp;

impl Unary for Exp {
    const NAME: &'static str = "exp";
    const SAVES: Saves = Saves::Output;

    fn map(&self) -> Map {
        Map::Exp
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v * cx.output())
    }
}

impl Tensor {
    /// `eˣ`.
    #[must_use]
    #[track_caller]
    pub fn exp(&self) -> Tensor {
        apply(Exp, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    case::unary(Tensor::exp, Domain::Real)
}
