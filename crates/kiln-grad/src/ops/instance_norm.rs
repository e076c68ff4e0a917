//! Instance norm (Ulyanov, Vedaldi, Lempitsky, 2016): each channel of each sample normalised.

use crate::case::Case;
use crate::tensor::Tensor;

impl Tensor {
    /// `[n, c, ..]` with each channel of each sample normalised over its positions.
    ///
    /// # Panics
    /// When this has no channel axis, or has one position: its normalised value would be constant.
    #[must_use]
    #[track_caller]
    pub fn instance_norm(&self, affine: Option<(&Tensor, &Tensor)>, eps: f64) -> Tensor {
        let dims = self.dims();
        assert!(
            dims.rank() >= 2 && dims[2..].iter().product::<usize>() != 1,
            "instance_norm: got {dims}; wanted [n, c, ..] with more than one position"
        );
        self.group_norm(dims[1], affine, eps)
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("affine", [&[2, 2, 2, 2][..], &[2], &[2]], |x| {
            x[0].instance_norm(Some((&x[1], &x[2])), 1e-5)
        }),
        Case::new("plain", [[2, 2, 3]], |x| x[0].instance_norm(None, 1e-5)),
    ]
}
