//! `ln(1 + x)`, accurate near 0.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Ln1p;

impl Unary for Ln1p {
    const NAME: &'static str = "ln1p";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Ln1p
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v / (cx.input(0) + 1.0))
    }
}

impl Tensor {
    /// `ln(1 + x)`, accurate near 0.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1e-20]).ln1p().to_f64_vec()?, [1e-20]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    #[doc(alias = "log1p")]
    pub fn ln1p(&self) -> Tensor {
        apply(Ln1p, [self])
    }
}

/// Domain, cases and refusals of `ln1p`.
pub fn definition() -> Definition {
    Definition::unary("x > −1", Tensor::ln1p, f64::ln_1p, Domain::Range(-0.7, 2.0)).singular(
        "x = −1",
        [-1.0],
        f64::NEG_INFINITY,
        [f64::INFINITY],
    )
}
