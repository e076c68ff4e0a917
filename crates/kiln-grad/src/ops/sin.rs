//! `sin x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Sin;

impl Unary for Sin {
    const NAME: &'static str = "sin";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Sin
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(v * cx.input(0).cos())
    }
}

impl Tensor {
    /// `sin x`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0]).sin().to_f64_vec()?, [0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn sin(&self) -> Tensor {
        apply(Sin, [self])
    }
}

/// Domain, cases and refusals of `sin`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::sin, f64::sin, Domain::Real).smooth()
}
