//! `x` if positive, else `slope · x`; the derivative at 0 counts as `slope`.

use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::{Map, Zip};

/// With a slope that isn't negative, the result is positive where the input is, and the input needn't be kept.
#[derive(Debug)]
struct LeakyRelu<const FALLING: bool> {
    slope: f64,
}

impl<const FALLING: bool> Unary for LeakyRelu<FALLING> {
    const NAME: &'static str = "leaky_relu";
    const SAVES: Saves = if FALLING { Saves::Inputs } else { Saves::Output };

    fn map(&self) -> Map {
        Map::LeakyRelu(self.slope)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        let sign = if FALLING { cx.input(0) } else { cx.output() };
        Some(leaky_relu_grad(v, &sign, self.slope))
    }
}

/// `v` where `x > 0`, else `slope · v`. Its derivative for `x` is 0 everywhere but at the kink.
#[derive(Debug)]
struct LeakyReluGrad {
    slope: f64,
}

impl Binary for LeakyReluGrad {
    const NAME: &'static str = "leaky_relu_grad";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::LeakyReluGrad(self.slope)
    }

    fn vjp(&self, cx: &Vjp, u: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let x = cx.input(1);
        [need[0].then(|| apply(BinaryOp(LeakyReluGrad { slope: self.slope }), [u, &x])), None]
    }
}

/// The gradient of a leaky ReLU for `v`, by the sign of `x`.
pub(super) fn leaky_relu_grad(v: &Tensor, sign: &Tensor, slope: f64) -> Tensor {
    apply(BinaryOp(LeakyReluGrad { slope }), [v, sign])
}

impl Tensor {
    /// `x` if positive, else `slope · x`; the derivative at 0 counts as `slope`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([-2.0, 3.0]).leaky_relu(0.5).to_f64_vec()?, [-1.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn leaky_relu(&self, slope: f64) -> Tensor {
        if slope < 0.0 {
            apply(LeakyRelu::<true> { slope }, [self])
        } else {
            apply(LeakyRelu::<false> { slope }, [self])
        }
    }
}

/// Domain, cases and refusals of `leaky_relu`.
pub fn definition() -> Definition {
    let mut definition = Definition::unary(
        "all x",
        |x| x.leaky_relu(0.2),
        |x| if x > 0.0 { x } else { 0.2 * x },
        Domain::AwayFromKinks,
    );
    let falling = Case::new("negative slope", [[2, 3]], |x| x[0].leaky_relu(-0.5));
    let falling = falling.reference(|x| x[0].map(|x| if x > 0.0 { x } else { -0.5 * x }));
    definition.cases.push(falling.on(Domain::AwayFromKinks).any_dims());
    definition.singular("x = 0", [0.0], 0.0, [0.2])
}
