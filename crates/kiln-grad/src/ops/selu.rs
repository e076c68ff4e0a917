//! `1.0507 · x` if positive, else `1.0507 · 1.67326 · (eˣ − 1)` (Klambauer et al., 2017).

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

const LAMBDA: f64 = 1.0507009873554805;
const ALPHA: f64 = 1.6732632423543772;

impl Tensor {
    /// `λ · x` if positive, else `λ · α · (eˣ − 1)`, with λ = 1.0507.. and α = 1.67326.. (Klambauer et al., 2017).
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 0.0]).selu().to_f64_vec()?, [1.0507009873554805, 0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn selu(&self) -> Tensor {
        assert_floats("selu", &[self]);
        self.elu(ALPHA) * LAMBDA
    }
}

/// Domain, cases and refusals of `selu`.
pub fn definition() -> Definition {
    let plain = |x: f64| LAMBDA * if x > 0.0 { x } else { ALPHA * x.exp_m1() };
    Definition::unary("all x", Tensor::selu, plain, Domain::AwayFromKinks).singular(
        "x = 0",
        [0.0],
        0.0,
        [LAMBDA * ALPHA],
    )
}
