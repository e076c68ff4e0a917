//! `ln(1 + eˣ)`, without overflow; the binary cross-entropy of logits is made of it.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::{Map, Zip};

#[derive(Debug)]
struct Softplus;

impl Unary for Softplus {
    const NAME: &'static str = "softplus";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Softplus
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(apply(BinaryOp(SoftplusGrad), [v, &cx.input(0)]))
    }
}

/// `v · sigmoid x`.
#[derive(Debug)]
struct SoftplusGrad;

impl Binary for SoftplusGrad {
    const NAME: &'static str = "softplus_grad";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::SoftplusGrad
    }

    fn vjp(&self, cx: &Vjp, u: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let x = cx.input(1);
        [
            need[0].then(|| apply(BinaryOp(SoftplusGrad), [u, &x])),
            need[1].then(|| {
                let s = x.sigmoid();
                u * cx.input(0) * (&s * (1.0 - &s))
            }),
        ]
    }
}

impl Tensor {
    /// `ln(1 + eˣ)`, without overflow; the binary cross-entropy of logits is made of it.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let y = Tensor::from(0.0).softplus().item()?;
    /// assert!((y - 2_f64.ln()).abs() < 1e-15);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn softplus(&self) -> Tensor {
        apply(Softplus, [self])
    }
}

/// Domain, cases and refusals of `softplus`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::softplus, |x| (1.0 + x.exp()).ln(), Domain::Real).smooth()
}
