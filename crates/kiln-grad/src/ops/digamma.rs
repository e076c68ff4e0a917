//! `ψ(x) = d ln Γ(x) / dx`.

use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::gamma::Shifted;
use crate::op::assert_floats;
use crate::reference;
use crate::tensor::Tensor;
use std::f64::consts::PI;

/// Coefficients of `1/z², 1/z⁴ ..` in the series of `ln z − 1/2z − ψ(z)`: `B₂ₖ / 2k`.
const SERIES: [f64; 7] =
    [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32_760.0, 1.0 / 12.0];

impl Tensor {
    /// `ψ(x) = d ln Γ(x) / dx`, the derivative of [`lgamma`](Self::lgamma); undefined at 0 and below at whole numbers. By its
    /// asymptotic series, with small arguments moved up and negative ones reflected (Abramowitz and Stegun, 6.3.6, 6.3.7 and
    /// 6.3.18).
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let psi = Tensor::from([1.0_f64]).digamma().item()?;
    /// assert!((psi + 0.577_215_664_901_532_9).abs() < 1e-14);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    #[doc(alias = "psi")]
    pub fn digamma(&self) -> Tensor {
        assert_floats("digamma", &[self]);
        let Shifted { at: z, reciprocals, is_reflected, from_whole, .. } = Shifted::new(self);
        let w = z.square().recip();
        let mut series = &w * 0.0;
        for c in SERIES.iter().rev() {
            series = (series + *c) * &w;
        }
        let psi = z.ln() - z.recip() * 0.5 - series - reciprocals;
        let cotangent = (from_whole * PI).tan().recip();
        is_reflected.select(&(&psi - cotangent * PI), &psi)
    }
}

/// Domain, cases and refusals of `digamma`.
pub fn definition() -> Definition {
    let mut all =
        Definition::unary("x but 0, -1, -2 ..", Tensor::digamma, reference::digamma, Domain::Range(0.6, 4.0));
    let case = |label, low, high| {
        let case = Case::new(label, [[5]], |x| x[0].digamma()).on(Domain::Range(low, high));
        case.reference(|x| x[0].map(reference::digamma))
    };
    all.cases.extend([
        case("large", 9.0, 60.0),
        case("near 0", 0.2, 0.4),
        case("negative", -2.8, -2.2),
        case("reflected and moved up", -0.9, -0.1),
    ]);
    all.smooth()
}
