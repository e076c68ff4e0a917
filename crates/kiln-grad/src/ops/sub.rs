//! `a − b`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves};
use crate::op::{Vjp, apply, try_apply};
use crate::tensor::Tensor;
use kiln_tensor::{Result, Zip};

#[derive(Debug)]
struct Sub;

impl Binary for Sub {
    const NAME: &'static str = "sub";
    const SAVES: Saves = Saves::Nothing;

    fn zip(&self) -> Zip {
        Zip::Sub
    }

    fn vjp(&self, _: &Vjp, v: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        [need[0].then(|| v.clone()), need[1].then(|| -v)]
    }
}

/// `a − b`. Broadcasts; also the operator.
#[must_use]
#[track_caller]
pub fn sub(a: &Tensor, b: &Tensor) -> Tensor {
    apply(BinaryOp(Sub), [a, b])
}

impl Tensor {
    /// `a − b` with broadcasting; the operator panics where this returns an error.
    ///
    /// # Errors
    /// When the dims don't broadcast or the element types aren't one float type.
    #[track_caller]
    pub fn try_sub(&self, other: &Tensor) -> Result<Tensor> {
        try_apply(BinaryOp(Sub), [self, other])
    }
}

/// Domain, cases and refusals of `sub`.
pub fn definition() -> Definition {
    Definition::binary("all a, b", sub, |a, b| a - b, Domain::Real).tries(|x| x[0].try_sub(&x[1])).smooth()
}
