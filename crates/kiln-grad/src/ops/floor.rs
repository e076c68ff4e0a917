//! The largest integer not above `x`; its derivative counts as 0 everywhere.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Floor;

impl Unary for Floor {
    const NAME: &'static str = "floor";
    const SAVES: Saves = Saves::Nothing;

    fn map(&self) -> Map {
        Map::Floor
    }

    fn vjp(&self, _: &Vjp, _: &Tensor) -> Option<Tensor> {
        None
    }
}

impl Tensor {
    /// The largest integer not above `x`; its derivative counts as 0 everywhere.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.7, -1.2]).floor().to_f64_vec()?, [1.0, -2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn floor(&self) -> Tensor {
        apply(Floor, [self])
    }
}

/// Domain, cases and refusals of `floor`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::floor, f64::floor, Domain::AwayFromKinks).singular(
        "x is an integer",
        [1.0],
        1.0,
        [0.0],
    )
}
