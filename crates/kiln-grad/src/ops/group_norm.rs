//! Group norm (Wu and He, 2018): each sample normalised over groups of channels.

use super::row_norm::row_norm;
use crate::case::Case;
use crate::definition::Definition;
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::fused::RowNorm;

impl Tensor {
    /// `[n, c, ..]` with each sample's channels normalised in `groups` groups.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 3.0, 5.0, 5.0]]);
    /// let y = x.group_norm(2, None, 1e-9).to_f64_vec()?;
    /// assert!((y[1] - 1.0).abs() < 1e-6 && y[2] == 0.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this has no channel axis, the channels can't be cut into so many groups, or weight
    /// and bias aren't `[c]`.
    #[must_use]
    #[track_caller]
    pub fn group_norm(&self, groups: usize, affine: Option<(&Tensor, &Tensor)>, eps: f64) -> Tensor {
        let dims = *self.dims();
        assert!(
            dims.rank() >= 2 && groups > 0 && dims[1].is_multiple_of(groups),
            "group_norm: {dims} can't be cut into {groups} groups of channels"
        );
        self.assert_channels("group_norm", "weight and bias", affine);
        let positions: usize = dims[2..].iter().product();
        let affine: Vec<&Tensor> = affine.iter().flat_map(|(weight, bias)| [*weight, *bias]).collect();
        let seen_as = [dims[0], groups, dims[1] / groups, positions];
        row_norm(self, seen_as, &affine, RowNorm { eps, centred: true })
    }
}

/// Domain, cases and refusals of `group_norm`.
pub fn definition() -> Definition {
    let two = |x: &[Tensor]| x[0].group_norm(2, Some((&x[1], &x[2])), 1e-5);
    let normalized = |x: &Values, groups: usize| {
        let size = x.dims[1] / groups;
        reference::normalize(x, 1e-5, move |i| i[0] * groups + i[1] / size)
    };
    let cases = vec![
        Case::new("two groups", [&[2, 4, 3][..], &[4], &[4]], two)
            .reference(move |x| reference::affine(&normalized(&x[0], 2), &x[1], &x[2])),
        Case::new("one group", [[2, 3, 2]], |x| x[0].group_norm(1, None, 1e-5))
            .reference(move |x| normalized(&x[0], 1)),
        Case::new("vectors", [[3, 6]], |x| x[0].group_norm(2, None, 1e-5))
            .reference(move |x| normalized(&x[0], 2)),
        Case::new("no sample", [[0, 4, 2]], |x| x[0].group_norm(2, None, 1e-5)).reference(|x| x[0].clone()),
    ];
    Definition::new("all x", cases)
        .smooth()
        .refuses(&["group_norm", "[2, 3, 2]", "2 groups"], [[2, 3, 2]], |x| x[0].group_norm(2, None, 1e-5))
        .refuses(&["group_norm", "0 groups"], [[2, 3, 2]], |x| x[0].group_norm(0, None, 1e-5))
        .refuses(
            &["group_norm", "weight and bias are [4] and [3]", "wanted [4]"],
            [&[2, 4, 3][..], &[4], &[3]],
            two,
        )
}
