//! `eˣ`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Exp;

impl Unary for Exp {
    const NAME: &'static str = "exp";
    const SAVES: Saves = Saves::Output;

    fn map(&self) -> Map {
        Map::Exp
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v * cx.output())
    }
}

impl Tensor {
    /// `eˣ`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0]).exp().to_f64_vec()?, [1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn exp(&self) -> Tensor {
        apply(Exp, [self])
    }
}

/// Domain, cases and refusals of `exp`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::exp, f64::exp, Domain::Real).smooth()
}
