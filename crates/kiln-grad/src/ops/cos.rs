//! `cos x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Cos;

impl Unary for Cos {
    const NAME: &'static str = "cos";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Cos
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(-v * cx.input(0).sin())
    }
}

impl Tensor {
    /// `cos x`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0]).cos().to_f64_vec()?, [1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn cos(&self) -> Tensor {
        apply(Cos, [self])
    }
}

/// Domain, cases and refusals of `cos`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::cos, f64::cos, Domain::Real).smooth()
}
