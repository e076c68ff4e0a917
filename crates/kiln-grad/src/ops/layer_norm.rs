//! Layer norm (Ba, Kiros, Hinton, 2016): each sample normalised over its last axes.

use super::batch_norm::normalize;
use crate::case::Case;
use crate::tensor::Tensor;

impl Tensor {
    /// Each sample normalised over the last axes, as many as `weight` and `bias` have, then scaled and
    /// shifted by them.
    ///
    /// # Panics
    /// When weight and bias don't have the dims of the last axes.
    #[must_use]
    #[track_caller]
    pub fn layer_norm(&self, weight: &Tensor, bias: &Tensor, eps: f64) -> Tensor {
        let (dims, inner) = (*self.dims(), *weight.dims());
        assert!(
            dims.ends_with(&inner) && bias.dims() == weight.dims(),
            "layer_norm: weight {inner} and bias {} don't have the dims of the last axes of {dims}",
            bias.dims()
        );
        let size = inner.numel();
        let rows: usize = dims[..dims.rank() - inner.rank()].iter().product();
        let (y, _) = normalize(&self.reshape([1, rows, size]), None, eps);
        y.reshape(dims) * weight + bias
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    let norm = |x: &[Tensor]| x[0].layer_norm(&x[1], &x[2], 1e-5);
    vec![
        Case::new("vectors", [&[3, 4][..], &[4], &[4]], norm),
        Case::new("images", [&[2, 2, 2, 2][..], &[2, 2, 2], &[2, 2, 2]], norm),
    ]
}
