//! `eˣ − 1`, accurate near 0.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Expm1;

impl Unary for Expm1 {
    const NAME: &'static str = "expm1";
    const SAVES: Saves = Saves::Output;

    fn map(&self) -> Map {
        Map::Expm1
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v * (cx.output() + 1.0))
    }
}

impl Tensor {
    /// `eˣ − 1`, accurate near 0.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1e-20]).expm1().to_f64_vec()?, [1e-20]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn expm1(&self) -> Tensor {
        apply(Expm1, [self])
    }
}

/// Domain, cases and refusals of `expm1`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::expm1, f64::exp_m1, Domain::Real).smooth()
}
