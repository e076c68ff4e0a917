//! The elements in reverse order along an axis.

use crate::case::Case;
use crate::tensor::Tensor;

impl Tensor {
    /// The elements in reverse order along `axis`; a view.
    ///
    /// # Panics
    /// When the axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn flip(&self, axis: i32) -> Tensor {
        let length = self.dim(axis);
        if length == 0 { self.clone() } else { self.slice(axis, length - 1, length, -1) }
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("last", [[2, 3]], |x| x[0].flip(-1)).linear(),
        Case::new("empty", [[2, 0]], |x| x[0].flip(1)).linear(),
    ]
}
