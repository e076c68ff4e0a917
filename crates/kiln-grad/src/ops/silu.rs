//! `x · sigmoid(x)`, also called swish (Elfwing et al., 2017).

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::{Map, Zip};

#[derive(Debug)]
struct Silu;

impl Unary for Silu {
    const NAME: &'static str = "silu";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Silu
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(apply(BinaryOp(SiluGrad), [v, &cx.input(0)]))
    }
}

/// `v · s(1 + x(1 − s))` with `s = sigmoid x`.
#[derive(Debug)]
struct SiluGrad;

impl Binary for SiluGrad {
    const NAME: &'static str = "silu_grad";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::SiluGrad
    }

    fn vjp(&self, cx: &Vjp, u: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let x = cx.input(1);
        [
            need[0].then(|| apply(BinaryOp(SiluGrad), [u, &x])),
            need[1].then(|| {
                // f'' = s(1 − s)(2 + x(1 − 2s))
                let s = x.sigmoid();
                let curve = &s * (1.0 - &s) * (x * (1.0 - &s * 2.0) + 2.0);
                u * cx.input(0) * curve
            }),
        ]
    }
}

impl Tensor {
    /// `x · sigmoid(x)`, also called swish (Elfwing et al., 2017).
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0]).silu().to_f64_vec()?, [0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn silu(&self) -> Tensor {
        apply(Silu, [self])
    }
}

/// Domain, cases and refusals of `silu`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::silu, |x| x / (1.0 + (-x).exp()), Domain::Real).smooth()
}
