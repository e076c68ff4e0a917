//! Tensors of the same dims along a new axis.

use crate::case::Case;
use crate::tensor::Tensor;

impl Tensor {
    /// The tensors along a new axis before `axis`; −1 puts it last.
    ///
    /// # Panics
    /// When there is none, or they differ in dims or element type.
    #[must_use]
    #[track_caller]
    pub fn stack(tensors: &[&Tensor], axis: i32) -> Tensor {
        // A loop and not a closure, which would lose the place of the caller.
        let mut layers = Vec::new();
        for tensor in tensors {
            layers.push(tensor.unsqueeze(axis));
        }
        Tensor::concat(&layers.iter().collect::<Vec<_>>(), axis)
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    let stack = |axis| move |x: &[Tensor]| Tensor::stack(&x.iter().collect::<Vec<_>>(), axis);
    vec![
        Case::new("first", [[2, 3], [2, 3]], stack(0)).linear(),
        Case::new("last", [[2], [2], [2]], stack(-1)).linear(),
    ]
}
