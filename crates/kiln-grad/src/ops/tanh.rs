//! `tanh x`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::{Map, Zip};

#[derive(Debug)]
struct Tanh;

impl Unary for Tanh {
    const NAME: &'static str = "tanh";
    const SAVES: Saves = Saves::Output;

    fn map(&self) -> Map {
        Map::Tanh
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(apply(BinaryOp(TanhGrad), [v, &cx.output()]))
    }
}

/// `v · (1 − y²)` with `y = tanh x`.
#[derive(Debug)]
struct TanhGrad;

impl Binary for TanhGrad {
    const NAME: &'static str = "tanh_grad";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::TanhGrad
    }

    fn vjp(&self, cx: &Vjp, u: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let y = cx.input(1);
        [need[0].then(|| apply(BinaryOp(TanhGrad), [u, &y])), need[1].then(|| u * cx.input(0) * y * -2.0)]
    }
}

impl Tensor {
    /// `tanh x`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0]).tanh().to_f64_vec()?, [0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn tanh(&self) -> Tensor {
        apply(Tanh, [self])
    }
}

/// Domain, cases and refusals of `tanh`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::tanh, f64::tanh, Domain::Real).smooth()
}
