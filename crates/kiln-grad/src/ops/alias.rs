//! The same tensor again, as a node of its own.

use crate::alias::Alias;
use crate::case::{self, Domain};
use crate::definition::Definition;
use crate::op::apply;
use crate::tensor::Tensor;

impl Tensor {
    /// The same values as another node of the graph: a gradient taken for it counts only its own uses.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0]).alias().to_f64_vec()?, [1.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn alias(&self) -> Tensor {
        apply(Alias, [self])
    }
}

/// Domain, cases and refusals of `alias`.
pub fn definition() -> Definition {
    Definition::new("all x", case::unary(Tensor::alias, |x| x, Domain::Real)).linear().smooth().total()
}
