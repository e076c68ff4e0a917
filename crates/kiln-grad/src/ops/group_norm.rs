//! Group norm (Wu and He, 2018): each sample normalised over groups of channels.

use super::batch_norm::normalize;
use crate::case::Case;
use crate::tensor::Tensor;

impl Tensor {
    /// `[n, c, ..]` with each sample's channels normalised in `groups` groups.
    ///
    /// # Panics
    /// When this has no channel axis, or the channels can't be cut into so many groups.
    #[must_use]
    #[track_caller]
    pub fn group_norm(&self, groups: usize, affine: Option<(&Tensor, &Tensor)>, eps: f64) -> Tensor {
        let dims = *self.dims();
        assert!(
            dims.rank() >= 2 && groups > 0 && dims[1].is_multiple_of(groups),
            "group_norm: {dims} can't be cut into {groups} groups of channels"
        );
        let size: usize = dims[1..].iter().product::<usize>() / groups;
        let (y, _) = normalize(&self.reshape([1, dims[0] * groups, size]), None, eps);
        let y = y.reshape(dims);
        let Some((weight, bias)) = affine else { return y };
        let column = self.channel_dims(1);
        y * weight.reshape(column) + bias.reshape(column)
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("two groups", [&[2, 4, 3][..], &[4], &[4]], |x| {
            x[0].group_norm(2, Some((&x[1], &x[2])), 1e-5)
        }),
        Case::new("one group", [[2, 3, 2]], |x| x[0].group_norm(1, None, 1e-5)),
    ]
}
