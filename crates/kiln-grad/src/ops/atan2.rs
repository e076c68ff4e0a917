//! The angle of a point.

use crate::case::Domain;
use crate::definition::Definition;
use crate::elementwise::{Binary, BinaryOp, Saves};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::Zip;

#[derive(Debug)]
struct Atan2;

impl Binary for Atan2 {
    const NAME: &'static str = "atan2";
    const SAVES: Saves = Saves::Inputs;

    fn zip(&self) -> Zip {
        Zip::Atan2
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> [Option<Tensor>; 2] {
        let (y, x) = (cx.input(0), cx.input(1));
        let square = x.square() + y.square();
        // At the origin there is no angle, and the gradient counts as 0.
        let scaled = v / square.masked_fill(&square.eq(0.0), 1.0);
        [need[0].then(|| &scaled * &x), need[1].then(|| -(&scaled * &y))]
    }
}

impl Tensor {
    /// The angle of the point `(x, y)` for this `y`, `arctan(y/x)` in the right quadrant: from −π to π. Broadcasts.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let angle = Tensor::from([1.0]).atan2(&Tensor::from([-1.0])).to_f64_vec()?[0];
    /// assert_eq!(angle, 0.75 * std::f64::consts::PI);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't broadcast or the element types aren't one float type.
    #[must_use]
    #[track_caller]
    pub fn atan2(&self, x: &Tensor) -> Tensor {
        apply(BinaryOp(Atan2), [self, x])
    }
}

/// Domain, cases and refusals of `atan2`.
pub fn definition() -> Definition {
    // Away from the origin and from where the angle jumps.
    let definition =
        Definition::binary("(x, y) ≠ 0", |a, b| a.atan2(&(b + 2.5)), |a, b| a.atan2(b + 2.5), Domain::Real);
    definition.singular("x = y = 0", [0.0, -2.5], 0.0, [0.0, 0.0])
}
