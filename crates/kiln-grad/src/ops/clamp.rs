//! `min(max(x, low), high)`; outside the range the derivative is 0.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Map;

#[derive(Debug)]
struct Clamp {
    low: f64,
    high: f64,
}

impl Unary for Clamp {
    const NAME: &'static str = "clamp";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::Clamp(self.low, self.high)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        let x = cx.input(0);
        let zero = Tensor::zeros([], v.dtype(), v.device());
        // A product with the mask would turn an infinite cotangent from outside the range into NaN.
        let above = x.ge(x.full_like(self.low)).select(v, &zero);
        Some(x.le(x.full_like(self.high)).select(&above, &zero))
    }
}

impl Tensor {
    /// `min(max(x, low), high)`; outside the range the derivative is 0, at its ends 1.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([-3.0, 0.2, 7.0]).clamp(0.0, 1.0).to_f64_vec()?, [0.0, 0.2, 1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `low` is above `high`, or a bound is NaN.
    #[must_use]
    #[track_caller]
    pub fn clamp(&self, low: f64, high: f64) -> Tensor {
        for bound in [low, high] {
            assert!(!bound.is_nan(), "clamp: a bound is NaN; leave one side open with an infinite bound");
        }
        assert!(low <= high, "clamp: the lower bound {low} is above the upper bound {high}");
        apply(Clamp { low, high }, [self])
    }
}

/// Domain, cases and refusals of `clamp`.
pub fn definition() -> Definition {
    Definition::unary("all x", |x| x.clamp(-1.0, 0.5), |x| x.clamp(-1.0, 0.5), Domain::AwayFromKinks)
        .singular("x = low", [-1.0], -1.0, [1.0])
        .singular("x = high", [0.5], 0.5, [1.0])
        .refuses(&["clamp", "a bound is NaN"], [[2]], |x| x[0].clamp(f64::NAN, 0.0))
        .refuses(&["clamp", "lower bound 1 is above the upper bound 0"], [[2]], |x| x[0].clamp(1.0, 0.0))
}
