//! The error function `2/√π ∫₀ˣ e^(−t²) dt`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::reference;
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Erf;

impl Unary for Erf {
    const NAME: &'static str = "erf";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Erf
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        let density = (-cx.input(0).square()).exp() * std::f64::consts::FRAC_2_SQRT_PI;
        Some(v * density)
    }
}

impl Tensor {
    /// The error function `2/√π ∫₀ˣ e^(−t²) dt`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0]).erf().to_f64_vec()?, [0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn erf(&self) -> Tensor {
        apply(Erf, [self])
    }
}

/// Domain, cases and refusals of `erf`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::erf, reference::erf, Domain::Real).smooth()
}
