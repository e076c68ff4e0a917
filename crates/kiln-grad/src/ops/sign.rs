//! `-1`, `0` or `1`; its derivative counts as 0 everywhere.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Sign;

impl Unary for Sign {
    const NAME: &'static str = "sign";
    const SAVES: Saves = Saves::Nothing;

    fn map(&self) -> Map {
        Map::Sign
    }

    fn vjp(&self, _: &Vjp, _: &Tensor) -> Option<Tensor> {
        None
    }
}

impl Tensor {
    /// `-1`, `0` or `1`; its derivative counts as 0 everywhere.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([-3.0, 0.0, 2.0]).sign().to_f64_vec()?, [-1.0, 0.0, 1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn sign(&self) -> Tensor {
        apply(Sign, [self])
    }
}

/// Domain, cases and refusals of `sign`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::sign, f64::signum, Domain::AwayFromKinks).singular(
        "x = 0",
        [0.0],
        0.0,
        [0.0],
    )
}
