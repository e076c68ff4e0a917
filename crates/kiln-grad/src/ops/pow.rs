//! `aᵇ`, for positive `a`, and for `a = 0` if `b ≥ 0`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Zip;

#[derive(Debug)]
struct Pow;

impl Binary for Pow {
    const NAME: &'static str = "pow";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::Pow
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let (a, b) = (cx.input(0), cx.input(1));
        let at_zero = |condition: Tensor, x: &Tensor| {
            // The rules would multiply 0 and ∞ where a = 0, so 1 is put in for what becomes infinite.
            let one = Tensor::ones([], x.dtype(), x.device());
            let replaced = condition.select(&one, x);
            a.eq(a.zeros_like()).select(&replaced, x)
        };
        [
            need[0].then(|| v * &b * a.pow(&at_zero(b.eq(b.zeros_like()), &(&b - 1.0)))),
            need[1].then(|| v * a.pow(&b) * at_zero(b.ge(b.zeros_like()), &a).ln()),
        ]
    }
}

impl Tensor {
    /// `aᵇ`, for positive `a`, and for `a = 0` if `b ≥ 0`. Broadcasts.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([2.0, 3.0]).pow(&Tensor::from([3.0, 2.0])).to_f64_vec()?, [8.0, 9.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn pow(&self, other: &Tensor) -> Tensor {
        apply(BinaryOp(Pow), [self, other])
    }
}

/// Domain, cases and refusals of `pow`.
pub fn definition() -> Definition {
    Definition::binary("a > 0, or a = 0 with b ≥ 0", Tensor::pow, f64::powf, Domain::Range(0.3, 3.0))
        .singular("a = 0, b > 1", [0.0, 2.0], 0.0, [0.0, 0.0])
        .singular("a = 0, 0 < b < 1", [0.0, 0.5], 0.0, [f64::INFINITY, 0.0])
        .singular("a = 0, b = 0", [0.0, 0.0], 1.0, [0.0, 0.0])
}
