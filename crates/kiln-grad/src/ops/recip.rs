//! `1/x`.

use crate::case::{self, Case, Domain};
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Recip;

impl Unary for Recip {
    const NAME: &'static str = "recip";
    const SAVES: Saves = Saves::Output;

    fn map(&self) -> Map {
        Map::Recip
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(-v * cx.output().square())
    }
}

impl Tensor {
    /// `1/x`.
    #[must_use]
    #[track_caller]
    pub fn recip(&self) -> Tensor {
        apply(Recip, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    case::unary(Tensor::recip, Domain::Range(0.3, 3.0))
}
