//! The larger of two numbers; where they are equal, each gets half of the gradient.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Zip;

#[derive(Debug)]
struct Maximum;

impl Binary for Maximum {
    const NAME: &'static str = "maximum";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::Max
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        // 0 where the input loses, v/2 at a tie, else v, so that a NaN is not hidden; not products with
        // masks, which would turn an infinite cotangent into NaN where the input loses.
        let wins = |x: Tensor, y: Tensor| {
            let tie = x.eq(&y).select(&(v * 0.5), v);
            x.lt(&y).select(&Tensor::zeros([], v.dtype(), v.device()), &tie)
        };
        [need[0].then(|| wins(cx.input(0), cx.input(1))), need[1].then(|| wins(cx.input(1), cx.input(0)))]
    }
}

impl Tensor {
    /// The larger of two numbers; where they are equal, each gets half of the gradient. Broadcasts.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 5.0]).maximum(&Tensor::from(3.0)).to_f64_vec()?, [3.0, 5.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn maximum(&self, other: &Tensor) -> Tensor {
        apply(BinaryOp(Maximum), [self, other])
    }
}

/// Domain, cases and refusals of `maximum`.
pub fn definition() -> Definition {
    // The right input is shifted by a quarter, so that the two never come close to a tie.
    let definition = Definition::binary(
        "all a, b",
        |a, b| a.maximum(&(b + 0.25)),
        |a, b| if a > b + 0.25 { a } else { b + 0.25 },
        Domain::AwayFromKinks,
    );
    definition.singular("a = b", [0.25, 0.0], 0.25, [0.5, 0.5])
}
