//! `max(x, 0)`; the derivative at 0 counts as 0.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::{Map, Zip};

#[derive(Debug)]
struct Relu;

impl Unary for Relu {
    const NAME: &'static str = "relu";
    // The result is positive where the input is; the input needn't be kept.
    const SAVES: Saves = Saves::Output;

    fn map(&self) -> Map {
        Map::Relu
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(relu_grad(v, &cx.output()))
    }
}

/// `v` where `x > 0`, or as well `relu x > 0`, else 0. Its derivative for `x` is 0 everywhere but at the kink.
#[derive(Debug)]
struct ReluGrad;

impl Binary for ReluGrad {
    const NAME: &'static str = "relu_grad";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::ReluGrad
    }

    fn vjp(&self, cx: &Vjp, u: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let x = cx.input(1);
        [need[0].then(|| apply(BinaryOp(ReluGrad), [u, &x])), None]
    }
}

/// The gradient of `relu x` for `v`, by the sign of `x` or, as well, of the result.
pub(super) fn relu_grad(v: &Tensor, sign: &Tensor) -> Tensor {
    apply(BinaryOp(ReluGrad), [v, sign])
}

impl Tensor {
    /// `max(x, 0)`; the derivative at 0 counts as 0.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([-1.0, 2.0]).relu().to_f64_vec()?, [0.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn relu(&self) -> Tensor {
        apply(Relu, [self])
    }
}

/// Domain, cases and refusals of `relu`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::relu, |x| if x > 0.0 { x } else { 0.0 }, Domain::AwayFromKinks)
        .singular("x = 0", [0.0], 0.0, [0.0])
}
