//! Rows of a table by number.

use super::gather::index;
use crate::case::Case;
use crate::tensor::Tensor;
use kiln_tensor::Dims;

impl Tensor {
    /// For each number in `ids` the row of this table `[rows, width]`: dims `[ids.., width]`.
    ///
    /// # Panics
    /// When this has not two axes. A number out of range is an error of the device, returned where
    /// values are read.
    #[must_use]
    #[track_caller]
    pub fn embedding(&self, ids: &Tensor) -> Tensor {
        assert!(self.rank() == 2, "embedding: the table is {}; wanted [rows, width]", self.dims());
        let dims: Dims = ids.dims().iter().copied().chain([self.dim(1)]).collect();
        self.index_select(0, &ids.reshape([ids.numel()])).reshape(dims)
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("line", [[4, 2]], |x| x[0].embedding(&index(&[3, 0, 3], [3]))).linear(),
        Case::new("grid", [[3, 2]], |x| x[0].embedding(&index(&[0, 1, 1, 2], [2, 2]))).linear(),
    ]
}
