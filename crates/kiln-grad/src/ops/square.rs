//! `x²`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Square;

impl Unary for Square {
    const NAME: &'static str = "square";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Square
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v * 2.0 * cx.input(0))
    }
}

impl Tensor {
    /// `x²`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([-2.0, 3.0]).square().to_f64_vec()?, [4.0, 9.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn square(&self) -> Tensor {
        apply(Square, [self])
    }
}

/// Domain, cases and refusals of `square`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::square, |x| x * x, Domain::Real).smooth()
}
