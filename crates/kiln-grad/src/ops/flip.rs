//! The elements in reverse order along an axis.

use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::tensor::Tensor;

impl Tensor {
    /// The elements in reverse order along `axis`; a view.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0, 3.0]).flip(0).to_f64_vec()?, [3.0, 2.0, 1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn flip(&self, axis: i32) -> Tensor {
        let length = self.dims()[resolve("flip", axis, self.rank())];
        if length == 0 { self.clone() } else { self.slice(axis, length - 1, length, -1) }
    }
}

/// Domain, cases and refusals of `flip`.
pub fn definition() -> Definition {
    let case = |label, dims: &'static [usize], axis: i32, number: usize| {
        let back = |line: &[f64]| line.iter().rev().copied().collect();
        Case::new(label, [dims], move |x| x[0].flip(axis)).reference(move |x| x[0].along(number, back))
    };
    let cases = vec![
        case("last", &[2, 3], -1, 1),
        case("middle", &[2, 5, 2], 1, 1),
        case("length 1", &[1, 3], 0, 0),
        case("empty", &[2, 0], 1, 1),
    ];
    Definition::new("all x", cases).linear().smooth().refuses(
        &["flip", "no axis 2", "2 axes"],
        [[2, 3]],
        |x| x[0].flip(2),
    )
}
