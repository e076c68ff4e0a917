//! `1 / (1 + e⁻ˣ)`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::{Map, Zip};

#[derive(Debug)]
struct Sigmoid;

impl Unary for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const SAVES: Saves = Saves::Output;

    fn map(&self) -> Map {
        Map::Sigmoid
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(apply(BinaryOp(SigmoidGrad), [v, &cx.output()]))
    }
}

/// `v · y(1 − y)` with `y = sigmoid x`.
#[derive(Debug)]
struct SigmoidGrad;

impl Binary for SigmoidGrad {
    const NAME: &'static str = "sigmoid_grad";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::SigmoidGrad
    }

    fn vjp(&self, cx: &Vjp, u: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let y = cx.input(1);
        [
            need[0].then(|| apply(BinaryOp(SigmoidGrad), [u, &y])),
            need[1].then(|| u * cx.input(0) * (1.0 - y * 2.0)),
        ]
    }
}

impl Tensor {
    /// `1 / (1 + e⁻ˣ)`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0]).sigmoid().to_f64_vec()?, [0.5]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn sigmoid(&self) -> Tensor {
        apply(Sigmoid, [self])
    }
}

/// Domain, cases and refusals of `sigmoid`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::sigmoid, |x| 1.0 / (1.0 + (-x).exp()), Domain::Real).smooth()
}
