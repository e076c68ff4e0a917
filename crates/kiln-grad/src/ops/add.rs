//! `a + b`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves};
use crate::op::{Vjp, apply, try_apply};
use crate::tensor::Tensor;
use kiln_tensor::{Result, Zip};

#[derive(Debug)]
struct Add;

impl Binary for Add {
    const NAME: &'static str = "add";
    const SAVES: Saves = Saves::Nothing;

    fn zip(&self) -> Zip {
        Zip::Add
    }

    fn vjp(&self, _: &Vjp, v: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        [need[0].then(|| v.clone()), need[1].then(|| v.clone())]
    }
}

/// `a + b`. Broadcasts; also the operator.
#[must_use]
#[track_caller]
pub fn add(a: &Tensor, b: &Tensor) -> Tensor {
    apply(BinaryOp(Add), [a, b])
}

impl Tensor {
    /// `a + b` with broadcasting; the operator panics where this returns an error.
    ///
    /// # Errors
    /// When the dims don't broadcast or the element types aren't one float type.
    #[track_caller]
    pub fn try_add(&self, other: &Tensor) -> Result<Tensor> {
        try_apply(BinaryOp(Add), [self, other])
    }
}

/// Domain, cases and refusals of `add`.
pub fn definition() -> Definition {
    Definition::binary("all a, b", add, |a, b| a + b, Domain::Real).tries(|x| x[0].try_add(&x[1])).smooth()
}
