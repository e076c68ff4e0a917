//! `√x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Sqrt;

impl Unary for Sqrt {
    const NAME: &'static str = "sqrt";
    const SAVES: Saves = Saves::Output;

    fn map(&self) -> Map {
        Map::Sqrt
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v * 0.5 / cx.output())
    }
}

impl Tensor {
    /// `√x`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([4.0, 9.0]).sqrt().to_f64_vec()?, [2.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn sqrt(&self) -> Tensor {
        apply(Sqrt, [self])
    }
}

/// Domain, cases and refusals of `sqrt`.
pub fn definition() -> Definition {
    Definition::unary("x ≥ 0", Tensor::sqrt, f64::sqrt, Domain::Range(0.3, 3.0)).singular(
        "x = 0",
        [0.0],
        0.0,
        [f64::INFINITY],
    )
}
