//! `a · b`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves};
use crate::op::{Vjp, apply, try_apply};
use crate::tensor::Tensor;
use kiln_tensor::{Result, Zip};

#[derive(Debug)]
struct Mul;

impl Binary for Mul {
    const NAME: &'static str = "mul";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::Mul
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        [need[0].then(|| v * cx.input(1)), need[1].then(|| v * cx.input(0))]
    }
}

/// `a · b`. Broadcasts; also the operator.
#[must_use]
#[track_caller]
pub fn mul(a: &Tensor, b: &Tensor) -> Tensor {
    apply(BinaryOp(Mul), [a, b])
}

impl Tensor {
    /// `a · b` with broadcasting; the operator panics where this returns an error.
    ///
    /// # Errors
    /// When the dims don't broadcast or the element types aren't one float type.
    #[track_caller]
    pub fn try_mul(&self, other: &Tensor) -> Result<Tensor> {
        try_apply(BinaryOp(Mul), [self, other])
    }
}

/// Domain, cases and refusals of `mul`.
pub fn definition() -> Definition {
    Definition::binary("all a, b", mul, |a, b| a * b, Domain::Real)
        .tries(|x| x[0].try_mul(&x[1]))
        .linear()
        .smooth()
}
