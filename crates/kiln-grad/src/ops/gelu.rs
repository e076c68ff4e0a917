//! `x · Φ(x)` with the normal distribution function Φ (Hendrycks and Gimpel, 2016).

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves, Unary};
use crate::op::{Vjp, apply};
use crate::reference;
use crate::tensor::Tensor;
use kiln_tensor::{Map, Zip};

#[derive(Debug)]
struct Gelu;

impl Unary for Gelu {
    const NAME: &'static str = "gelu";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Gelu
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        Some(apply(BinaryOp(GeluGrad), [v, &cx.input(0)]))
    }
}

/// `v · (Φ(x) + x φ(x))` with the normal density φ.
#[derive(Debug)]
struct GeluGrad;

impl Binary for GeluGrad {
    const NAME: &'static str = "gelu_grad";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::GeluGrad
    }

    fn vjp(&self, cx: &Vjp, u: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let x = cx.input(1);
        [
            need[0].then(|| apply(BinaryOp(GeluGrad), [u, &x])),
            need[1].then(|| {
                // f'' = φ(x)(2 − x²). Beyond 40 the density is 0 in every type, where the square could be infinite.
                let x = x.clamp(-40.0, 40.0);
                let density =
                    (x.square() * -0.5).exp() * (0.5 * std::f64::consts::FRAC_2_SQRT_PI / 2f64.sqrt());
                u * cx.input(0) * density * (2.0 - x.square())
            }),
        ]
    }
}

impl Tensor {
    /// `x · Φ(x)` with the normal distribution function Φ (Hendrycks and Gimpel, 2016).
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0]).gelu().to_f64_vec()?, [0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn gelu(&self) -> Tensor {
        apply(Gelu, [self])
    }
}

/// Domain, cases and refusals of `gelu`.
pub fn definition() -> Definition {
    Definition::unary(
        "all x",
        Tensor::gelu,
        |x| 0.5 * x * (1.0 + reference::erf(x / 2f64.sqrt())),
        Domain::Real,
    )
    .smooth()
}
