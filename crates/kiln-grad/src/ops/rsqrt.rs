//! `1/√x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Rsqrt;

impl Unary for Rsqrt {
    const NAME: &'static str = "rsqrt";
    const SAVES: Saves = Saves::Output;

    fn map(&self) -> Map {
        Map::Rsqrt
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        let y = cx.output();
        Some(v * -0.5 * y.square() * y)
    }
}

impl Tensor {
    /// `1/√x`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([4.0, 16.0]).rsqrt().to_f64_vec()?, [0.5, 0.25]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn rsqrt(&self) -> Tensor {
        apply(Rsqrt, [self])
    }
}

/// Domain, cases and refusals of `rsqrt`.
pub fn definition() -> Definition {
    Definition::unary("x > 0", Tensor::rsqrt, |x| 1.0 / x.sqrt(), Domain::Range(0.3, 3.0)).singular(
        "x = 0",
        [0.0],
        f64::INFINITY,
        [f64::NEG_INFINITY],
    )
}
