//! Whole sub-tensors picked along an axis.

use super::gather::index;
use crate::axes::resolve;
use crate::case::Case;
use crate::tensor::Tensor;
use kiln_tensor::Dims;

impl Tensor {
    /// The sub-tensors at the positions of a one-dimensional `U32` index along `axis`.
    ///
    /// # Panics
    /// When the index has not one axis. An index out of range is an error of the device, returned where
    /// values are read.
    #[must_use]
    #[track_caller]
    pub fn index_select(&self, axis: i32, index: &Tensor) -> Tensor {
        let axis = resolve("index_select", axis, self.rank());
        assert!(index.rank() == 1, "index_select: the index is {}; wanted one axis", index.dims());
        let mut line = Dims::new(&vec![1; self.rank()]);
        line[axis] = index.numel();
        let dims = self.dims().with(axis, index.numel());
        self.gather(axis as i32, &index.reshape(line).broadcast_to(dims))
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("rows", [[3, 2]], |x| x[0].index_select(0, &index(&[2, 0, 2, 1], [4]))).linear(),
        Case::new("columns", [[2, 3, 2]], |x| x[0].index_select(1, &index(&[1, 1], [2]))).linear(),
    ]
}
