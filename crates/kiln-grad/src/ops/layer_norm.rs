//! Layer norm (Ba, Kiros, Hinton, 2016): each sample normalised over its last axes.

use super::row_norm::row_norm;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::fused::RowNorm;

impl Tensor {
    /// Each sample normalised over the last axes, as many as `weight` and `bias` have, then scaled and
    /// shifted by them.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let (weight, bias) = (Tensor::from([1.0, 2.0]), Tensor::from([0.0, 1.0]));
    /// let y = Tensor::from([[1.0, 3.0]]).layer_norm(&weight, &bias, 0.0);
    /// assert_eq!(y.to_f64_vec()?, [-1.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When weight and bias don't have the dims of the last axes, or not all hold floats of one type.
    #[must_use]
    #[track_caller]
    pub fn layer_norm(&self, weight: &Tensor, bias: &Tensor, eps: f64) -> Tensor {
        let (dims, inner) = (*self.dims(), *weight.dims());
        assert!(
            inner.rank() > 0 && dims.ends_with(&inner) && bias.dims() == weight.dims(),
            "layer_norm: weight {inner} and bias {} don't have the dims of the last axes of {dims}",
            bias.dims()
        );
        assert_floats("layer_norm", &[self, weight, bias]);
        let size = inner.numel();
        let rows: usize = dims[..dims.rank() - inner.rank()].iter().product();
        row_norm(self, [rows, 1, size, 1], &[weight, bias], RowNorm { eps, centred: true })
    }
}

/// Domain, cases and refusals of `layer_norm`.
pub fn definition() -> Definition {
    let norm = |x: &[Tensor]| x[0].layer_norm(&x[1], &x[2], 1e-5);
    let plain = |x: &[Values]| {
        let lead = x[0].dims.rank() - x[1].dims.rank();
        let dims = x[0].dims;
        let row =
            move |i: &[usize]| i[..lead].iter().zip(&*dims).fold(0, |row, (i, length)| row * length + i);
        let y = reference::normalize(&x[0], 1e-5, row);
        y.zip(&x[1], |y, weight| y * weight).zip(&x[2], |y, bias| y + bias)
    };
    let cases = vec![
        Case::new("vectors", [&[3, 4][..], &[4], &[4]], norm).reference(plain),
        Case::new("images", [&[2, 2, 2, 2][..], &[2, 2, 2], &[2, 2, 2]], norm).reference(plain),
        Case::new("sequences", [&[2, 3, 5][..], &[5], &[5]], norm).reference(plain),
        Case::new("one vector", [&[7][..], &[7], &[7]], norm).reference(plain),
    ];
    Definition::new("all x", cases)
        .smooth()
        .refuses(&["layer_norm", "weight [3]", "last axes of [3, 4]"], [&[3, 4][..], &[3], &[3]], norm)
        .refuses(&["layer_norm", "weight []", "last axes of [3]"], [&[3][..], &[], &[]], norm)
        .refuses(&["layer_norm", "weight [4] and bias [1]"], [&[3, 4][..], &[4], &[1]], norm)
}
