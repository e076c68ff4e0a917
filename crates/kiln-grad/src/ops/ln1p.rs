//! `ln(1 + x)`, accurate near 0.

use crate::case::{self, Case, Domain};
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Ln1p;

impl Unary for Ln1p {
    const NAME: &'static str = "ln1p";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Ln1p
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v / (cx.input(0) + 1.0))
    }
}

impl Tensor {
    /// `ln(1 + x)`, accurate near 0.
    #[must_use]
    #[track_caller]
    pub fn ln1p(&self) -> Tensor {
        apply(Ln1p, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    case::unary(Tensor::ln1p, Domain::Range(-0.7, 2.0))
}
