//! `x + number`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct AddScalar {
    number: f64,
}

impl Unary for AddScalar {
    const NAME: &'static str = "add_scalar";
    const SAVES: Saves = Saves::Nothing;

    fn map(&self) -> Map {
        Map::AddScalar(self.number)
    }

    fn vjp(&self, _: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v.clone())
    }
}

impl Tensor {
    /// `x + number`.
    #[must_use]
    #[track_caller]
    pub fn add_scalar(&self, number: f64) -> Tensor {
        apply(AddScalar { number }, [self])
    }
}

/// Domain, cases and refusals of `add_scalar`.
pub fn definition() -> Definition {
    Definition::unary("all x", |x| x.add_scalar(1.5), |x| x + 1.5, Domain::Real).smooth()
}
