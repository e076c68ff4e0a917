//! The convolution of sequences, as that of images of height 1.

use super::conv2d::Conv;
use crate::case::Case;
use crate::tensor::Tensor;

impl Tensor {
    /// The convolution of sequences `[n, in, length]` with a weight `[out, in/groups, k]`, and the given
    /// stride, padding on both sides, dilation and groups.
    ///
    /// # Panics
    /// When the dims don't fit each other or the options.
    #[must_use]
    #[track_caller]
    pub fn conv1d(
        &self,
        weight: &Tensor,
        stride: usize,
        padding: usize,
        dilation: usize,
        groups: usize,
    ) -> Tensor {
        assert!(
            self.rank() == 3 && weight.rank() == 3,
            "conv1d: {} by {}; wanted sequences [n, in, length] and a weight [out, in/groups, k]",
            self.dims(),
            weight.dims()
        );
        let options =
            Conv::default().stride([1, stride]).padding([0, padding]).dilation([1, dilation]).groups(groups);
        self.unsqueeze(2).conv2d(&weight.unsqueeze(2), options).squeeze(2)
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("plain", [[2, 2, 5], [3, 2, 3]], |x| x[0].conv1d(&x[1], 1, 0, 1, 1)).linear(),
        Case::new("everything", [[1, 4, 7], [2, 2, 2]], |x| x[0].conv1d(&x[1], 2, 1, 3, 2)).linear(),
    ]
}
