//! `sin x`.

use crate::case::{self, Case, Domain};
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Sin;

impl Unary for Sin {
    const NAME: &'static str = "sin";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Sin
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v * cx.input(0).cos())
    }
}

impl Tensor {
    /// `sin x`.
    #[must_use]
    #[track_caller]
    pub fn sin(&self) -> Tensor {
        apply(Sin, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    case::unary(Tensor::sin, Domain::Real)
}
