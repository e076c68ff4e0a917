//! `aᵇ`, for positive `a`.

use crate::case::{self, Case, Domain};
use crate::elementwise::{Binary, Pairwise, Saves};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Zip;

#[derive(Debug)]
struct Pow;

impl Binary for Pow {
    const NAME: &'static str = "pow";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::Pow
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let (a, b) = (cx.input(0), cx.input(1));
        [need[0].then(|| v * &b * a.pow(&(&b - 1.0))), need[1].then(|| v * a.pow(&b) * a.ln())]
    }
}

impl Tensor {
    /// `aᵇ`, for positive `a`. Broadcasts.
    #[must_use]
    #[track_caller]
    pub fn pow(&self, other: &Tensor) -> Tensor {
        apply(Pairwise(Pow), [self, other])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    case::binary(Tensor::pow, Domain::Range(0.3, 3.0))
}
