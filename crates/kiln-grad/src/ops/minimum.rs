//! The smaller of two numbers; where they are equal, each gets half of the gradient.

use crate::case::{self, Case, Domain};
use crate::elementwise::{Binary, Pairwise, Saves};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Zip;

#[derive(Debug)]
struct Minimum;

impl Binary for Minimum {
    const NAME: &'static str = "minimum";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::Min
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        // v where the input wins, v/2 at a tie, 0 where it loses; not products with masks, which would turn
        // an infinite cotangent into NaN where the input loses.
        let wins = |x: Tensor, y: Tensor| {
            let tie = x.eq(&y).select(&(v * 0.5), &Tensor::zeros([], v.dtype(), v.device()));
            x.lt(&y).select(v, &tie)
        };
        [
            need[0].then(|| wins(cx.input(0), cx.input(1))),
            need[1].then(|| wins(cx.input(1), cx.input(0))),
        ]
    }
}

impl Tensor {
    /// The smaller of two numbers; where they are equal, each gets half of the gradient. Broadcasts.
    #[must_use]
    #[track_caller]
    pub fn minimum(&self, other: &Tensor) -> Tensor {
        apply(Pairwise(Minimum), [self, other])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    // The right input is shifted by a quarter, so that the two never come close to a tie.
    case::binary(|a, b| a.minimum(&(b + 0.25)), Domain::AwayFromKinks)
}
