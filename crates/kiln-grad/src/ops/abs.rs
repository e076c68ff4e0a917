//! `|x|`; the derivative at 0 counts as 0.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Abs;

impl Unary for Abs {
    const NAME: &'static str = "abs";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Abs
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v * cx.input(0).sign())
    }
}

impl Tensor {
    /// `|x|`; the derivative at 0 counts as 0.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([-2.0, 3.0]).abs().to_f64_vec()?, [2.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn abs(&self) -> Tensor {
        apply(Abs, [self])
    }
}

/// Domain, cases and refusals of `abs`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::abs, f64::abs, Domain::AwayFromKinks).singular(
        "x = 0",
        [0.0],
        0.0,
        [0.0],
    )
}
