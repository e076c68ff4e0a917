//! `ln |Γ(x)|`.

use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::gamma::Shifted;
use crate::op::assert_floats;
use crate::reference;
use crate::tensor::Tensor;
use std::f64::consts::PI;

/// Coefficients of `1/z, 1/z³, 1/z⁵ ..` in Stirling's series: `B₂ₖ / (2k (2k − 1))`.
const STIRLING: [f64; 7] =
    [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];

impl Tensor {
    /// `ln |Γ(x)|`, the logarithm of the gamma function; +∞ at 0 and below at whole numbers. By Stirling's series, with small
    /// arguments moved up and negative ones reflected (Abramowitz and Stegun, 6.1.15, 6.1.17 and 6.1.40): errors are some
    /// roundings of numbers around 10.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([5.0_f64]).lgamma().item()?;
    /// assert!((x - 24.0_f64.ln()).abs() < 1e-14);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    #[doc(alias = "gammaln")]
    pub fn lgamma(&self) -> Tensor {
        assert_floats("lgamma", &[self]);
        let Shifted { at, product, is_reflected, from_whole, .. } = Shifted::new(self);
        let z = at;
        let stirling =
            (&z - 0.5) * z.ln() - &z + (2.0 * PI).ln() / 2.0 + odd_series(&z, &STIRLING) - product.ln();
        let reflected = PI.ln() - (from_whole * PI).sin().abs().ln() - &stirling;
        is_reflected.select(&reflected, &stirling)
    }
}

/// `Σ cₖ / z²ᵏ⁺¹`.
#[track_caller]
fn odd_series(z: &Tensor, coefficients: &[f64]) -> Tensor {
    let w = z.square().recip();
    let mut sum = &w * 0.0 + coefficients[coefficients.len() - 1];
    for c in coefficients.iter().rev().skip(1) {
        sum = sum * &w + *c;
    }
    sum / z
}

/// Domain, cases and refusals of `lgamma`.
pub fn definition() -> Definition {
    let mut all =
        Definition::unary("x but 0, -1, -2 ..", Tensor::lgamma, reference::lgamma, Domain::Range(0.6, 4.0));
    let case = |label, low, high| {
        let case = Case::new(label, [[5]], |x| x[0].lgamma()).on(Domain::Range(low, high));
        case.reference(|x| x[0].map(reference::lgamma))
    };
    all.cases.extend([
        case("large", 9.0, 60.0),
        case("near 0", 0.1, 0.4),
        case("negative", -2.8, -2.2),
        case("reflected and moved up", -0.9, -0.1),
    ]);
    all.smooth()
}
