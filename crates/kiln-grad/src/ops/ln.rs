//! `ln x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Ln;

impl Unary for Ln {
    const NAME: &'static str = "ln";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Ln
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v / cx.input(0))
    }
}

impl Tensor {
    /// `ln x`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0]).ln().to_f64_vec()?, [0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    #[doc(alias = "log")]
    pub fn ln(&self) -> Tensor {
        apply(Ln, [self])
    }
}

/// Domain, cases and refusals of `ln`.
pub fn definition() -> Definition {
    Definition::unary("x > 0", Tensor::ln, f64::ln, Domain::Range(0.3, 3.0)).singular(
        "x = 0",
        [0.0],
        f64::NEG_INFINITY,
        [f64::INFINITY],
    )
}
