//! `x` if positive, else `alpha · (eˣ − 1)` (Clevert et al., 2015).

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::{Map, Zip};

#[derive(Debug)]
struct Elu {
    alpha: f64,
}

impl Unary for Elu {
    const NAME: &'static str = "elu";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Elu(self.alpha)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(apply(BinaryOp(EluGrad { alpha: self.alpha }), [v, &cx.input(0)]))
    }
}

/// `v` where `x > 0`, else `alpha · eˣ · v`.
#[derive(Debug)]
struct EluGrad {
    alpha: f64,
}

impl Binary for EluGrad {
    const NAME: &'static str = "elu_grad";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::EluGrad(self.alpha)
    }

    fn vjp(&self, cx: &Vjp, u: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let x = cx.input(1);
        [
            need[0].then(|| apply(BinaryOp(EluGrad { alpha: self.alpha }), [u, &x])),
            need[1].then(|| {
                let curve = x.minimum(&x.zeros_like()).exp() * self.alpha;
                let bent = x.lt(x.zeros_like()).select(&curve, &x.zeros_like());
                u * cx.input(0) * bent
            }),
        ]
    }
}

impl Tensor {
    /// `x` if positive, else `alpha · (eˣ − 1)` (Clevert et al., 2015).
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 0.0]).elu(1.0).to_f64_vec()?, [1.0, 0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn elu(&self, alpha: f64) -> Tensor {
        apply(Elu { alpha }, [self])
    }
}

/// Domain, cases and refusals of `elu`.
pub fn definition() -> Definition {
    Definition::unary(
        "all x",
        |x| x.elu(0.7),
        |x| if x > 0.0 { x } else { 0.7 * (x.exp() - 1.0) },
        Domain::AwayFromKinks,
    )
    .singular("x = 0", [0.0], 0.0, [0.7])
}
