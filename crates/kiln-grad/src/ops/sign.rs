//! `-1`, `0` or `1`; its derivative counts as 0 everywhere.

use crate::case::{self, Case, Domain};
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Sign;

impl Unary for Sign {
    const NAME: &'static str = "sign";
    const SAVES: Saves = Saves::Nothing;

    fn map(&self) -> Map {
        Map::Sign
    }

    fn vjp(&self, _: &Vjp, _: &Tensor) -> Option<Tensor> {
        None
    }
}

impl Tensor {
    /// `-1`, `0` or `1`; its derivative counts as 0 everywhere.
    #[must_use]
    #[track_caller]
    pub fn sign(&self) -> Tensor {
        apply(Sign, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    case::unary(Tensor::sign, Domain::AwayFromKinks)
}
