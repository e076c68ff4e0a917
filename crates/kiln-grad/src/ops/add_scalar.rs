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
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0]).add_scalar(0.5).to_f64_vec()?, [1.5, 2.5]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
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
