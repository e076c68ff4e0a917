//! `√x`.

use crate::case::{self, Case, Domain};
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Sqrt;

impl Unary for Sqrt {
    const NAME: &'static str = "sqrt";
    const SAVES: Saves = Saves::Output;

    fn map(&self) -> Map {
        Map::Sqrt
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v * 0.5 / cx.output())
    }
}

impl Tensor {
    /// `√x`.
    #[must_use]
    #[track_caller]
    pub fn sqrt(&self) -> Tensor {
        apply(Sqrt, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    case::unary(Tensor::sqrt, Domain::Range(0.3, 3.0))
}
