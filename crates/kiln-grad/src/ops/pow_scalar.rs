//! `x^power` for a fixed power.

use crate::case::{self, Case, Domain};
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct PowScalar {
    power: f64,
}

impl Unary for PowScalar {
    const NAME: &'static str = "pow_scalar";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::PowScalar(self.power)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        (self.power != 0.0).then(|| v * self.power * cx.input(0).pow_scalar(self.power - 1.0))
    }
}

impl Tensor {
    /// `x^power` for a fixed power.
    #[must_use]
    #[track_caller]
    pub fn pow_scalar(&self, power: f64) -> Tensor {
        apply(PowScalar { power }, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    let whole = case::unary(|x| x.pow_scalar(3.0), Domain::Real);
    let zero = case::unary(|x| x.pow_scalar(0.0), Domain::Real);
    let broken = case::unary(|x| x.pow_scalar(2.5), Domain::Range(0.3, 3.0));
    [whole, zero, broken].concat()
}
