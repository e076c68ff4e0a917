//! The nearest integer; its derivative counts as 0 everywhere.

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// The nearest integer, the even one of two; its derivative counts as 0 everywhere.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.2, 1.5, 2.5, -0.6]).round().to_f64_vec()?, [1.0, 2.0, 2.0, -1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn round(&self) -> Tensor {
        assert_floats("round", &[self]);
        let below = self.floor();
        // All exact: the part after the point, and whether the integer is odd.
        let (part, half) = (self.detach() - &below, &below * 0.5);
        let odd = half.ne(half.floor());
        part.gt(0.5).or(&part.eq(0.5).and(&odd)).select(&(&below + 1.0), &below)
    }
}

/// Domain, cases and refusals of `round`.
pub fn definition() -> Definition {
    Definition::unary("all x", Tensor::round, f64::round_ties_even, Domain::AwayFromKinks)
        .singular("between two", [2.5], 2.0, [0.0])
        .singular("between two, the odd below", [-1.5], -2.0, [0.0])
        .singular("infinite", [f64::NEG_INFINITY], f64::NEG_INFINITY, [0.0])
}
