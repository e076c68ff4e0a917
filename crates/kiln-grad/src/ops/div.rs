//! `a / b`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves};
use crate::op::{Vjp, apply, try_apply};
use crate::tensor::Tensor;
use kiln_tensor::{Result, Zip};

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
        // Divided twice, since the square of a small b is zero long before b is.
        [need[0].then(|| v / &b), need[1].then(|| -v * (a / &b) / b)]
    }
}

/// `a / b`. Broadcasts; also the operator.
#[must_use]
#[track_caller]
pub fn div(a: &Tensor, b: &Tensor) -> Tensor {
    apply(BinaryOp(Div), [a, b])
}

impl Tensor {
    /// `a / b` with broadcasting; the operator panics where this returns an error.
    ///
    /// # Errors
    /// When the dims don't broadcast or the element types aren't one float type.
    #[track_caller]
    pub fn try_div(&self, other: &Tensor) -> Result<Tensor> {
        try_apply(BinaryOp(Div), [self, other])
    }
}

/// Domain, cases and refusals of `div`.
pub fn definition() -> Definition {
    Definition::binary("b ≠ 0", div, |a, b| a / b, Domain::Range(0.3, 3.0))
        .tries(|x| x[0].try_div(&x[1]))
        .singular("b = 0", [1.0, 0.0], f64::INFINITY, [f64::INFINITY, f64::NEG_INFINITY])
}
