//! `a / b`.

use crate::case::{self, Case, Domain};
use crate::elementwise::{Binary, Pairwise, Saves};
use crate::op::{Vjp, apply, try_apply};
use crate::tensor::Tensor;
use kiln_tensor::{ShapeError, Zip};

#[derive(Debug)]
struct Div;

impl Binary for Div {
    const NAME: &'static str = "div";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::Div
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let (a, b) = (cx.input(0), cx.input(1));
        [need[0].then(|| v / &b), need[1].then(|| -v * a / b.square())]
    }
}

/// `a / b`. Broadcasts; also the operator.
#[must_use]
#[track_caller]
pub fn div(a: &Tensor, b: &Tensor) -> Tensor {
    apply(Pairwise(Div), [a, b])
}

impl Tensor {
    /// `a / b` with broadcasting; the operator panics where this returns an error.
    ///
    /// # Errors
    /// When the dims don't broadcast or the element types aren't one float type.
    #[track_caller]
    pub fn try_div(&self, other: &Tensor) -> Result<Tensor, ShapeError> {
        try_apply(Pairwise(Div), [self, other])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    case::binary(div, Domain::Range(0.3, 3.0))
}
