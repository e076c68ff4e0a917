//! `1/x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Recip;

impl Unary for Recip {
    const NAME: &'static str = "recip";
    const SAVES: Saves = Saves::Output;

    fn map(&self) -> Map {
        Map::Recip
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(-v * cx.output().square())
    }
}

impl Tensor {
    /// `1/x`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([2.0, 4.0]).recip().to_f64_vec()?, [0.5, 0.25]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    #[doc(alias = "reciprocal")]
    pub fn recip(&self) -> Tensor {
        apply(Recip, [self])
    }
}

/// Domain, cases and refusals of `recip`.
pub fn definition() -> Definition {
    Definition::unary("x ≠ 0", Tensor::recip, |x| 1.0 / x, Domain::Range(0.3, 3.0)).singular(
        "x = 0",
        [0.0],
        f64::INFINITY,
        [f64::NEG_INFINITY],
    )
}
