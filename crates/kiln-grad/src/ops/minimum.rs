//! The smaller of two numbers; where they are equal, each gets half of the gradient.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Zip;

#[derive(Debug)]
struct Minimum;

impl Binary for Minimum {
    const NAME: &'static str = "minimum";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::Min
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        // 0 where the input loses, v/2 at a tie, else v, so that a NaN is not hidden; not products with
        // masks, which would turn an infinite cotangent into NaN where the input loses.
        let wins = |x: Tensor, y: Tensor| {
            let tie = x.eq(&y).select(&(v * 0.5), v);
            x.gt(&y).select(&Tensor::zeros([], v.dtype(), v.device()), &tie)
        };
        [need[0].then(|| wins(cx.input(0), cx.input(1))), need[1].then(|| wins(cx.input(1), cx.input(0)))]
    }
}

impl Tensor {
    /// The smaller of two numbers; where they are equal, each gets half of the gradient. Broadcasts.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 5.0]).minimum(&Tensor::from(3.0)).to_f64_vec()?, [1.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn minimum(&self, other: &Tensor) -> Tensor {
        apply(BinaryOp(Minimum), [self, other])
    }
}

/// Domain, cases and refusals of `minimum`.
pub fn definition() -> Definition {
    // The right input is shifted by a quarter, so that the two never come close to a tie.
    let definition = Definition::binary(
        "all a, b",
        |a, b| a.minimum(&(b + 0.25)),
        |a, b| if a < b + 0.25 { a } else { b + 0.25 },
        Domain::AwayFromKinks,
    );
    definition.singular("a = b", [0.25, 0.0], 0.25, [0.5, 0.5])
}
