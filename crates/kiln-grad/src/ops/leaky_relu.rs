//! `x` if positive, else `slope · x`; the derivative at 0 counts as `slope`.

use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::elementwise::{Binary, Pairwise, Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::{Map, Zip};

#[derive(Debug)]
struct LeakyRelu {
    slope: f64,
}

impl Unary for LeakyRelu {
    const NAME: &'static str = "leaky_relu";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::LeakyRelu(self.slope)
    }

    /// With a slope that isn't negative, the result is positive where the input is; the input needn't be kept.
    fn saves(&self) -> Saves {
        if self.slope >= 0.0 { Saves::Output } else { Saves::Inputs }
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        let sign = if self.slope >= 0.0 { cx.output() } else { cx.input(0) };
        Some(apply(Pairwise(LeakyReluGrad { slope: self.slope }), [v, &sign]))
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
        [need[0].then(|| apply(Pairwise(LeakyReluGrad { slope: self.slope }), [u, &x])), None]
    }
}

impl Tensor {
    /// `x` if positive, else `slope · x`; the derivative at 0 counts as `slope`.
    #[must_use]
    #[track_caller]
    pub fn leaky_relu(&self, slope: f64) -> Tensor {
        apply(LeakyRelu { slope }, [self])
    }
}

/// What is known of it.
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
