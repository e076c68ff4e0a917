//! RMS norm (Zhang and Sennrich, 2019): each sample divided by the root of its mean square.

use super::row_norm::row_norm;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::fused::RowNorm;

impl Tensor {
    /// Each sample over the last axes, as many as `weight` has, divided by `√(mean(x²) + eps)` and scaled by the
    /// weight.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[3.0, -3.0]]);
    /// assert_eq!(x.rms_norm(&Tensor::from([1.0, 2.0]), 0.0).to_f64_vec()?, [1.0, -2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the weight doesn't have the dims of the last axes.
    #[must_use]
    #[track_caller]
    pub fn rms_norm(&self, weight: &Tensor, eps: f64) -> Tensor {
        assert_floats("rms_norm", &[self, weight]);
        let (dims, inner) = (self.dims(), weight.dims());
        assert!(
            inner.rank() > 0 && dims.ends_with(inner),
            "rms_norm: weight {inner} doesn't have the dims of the last axes of {dims}"
        );
        let rows: usize = dims[..dims.rank() - inner.rank()].iter().product();
        row_norm(self, [rows, 1, inner.numel(), 1], &[weight], RowNorm { eps, centred: false })
    }
}

/// Domain, cases and refusals of `rms_norm`.
pub fn definition() -> Definition {
    let norm = |x: &[Tensor]| x[0].rms_norm(&x[1], 1e-5);
    let plain = |x: &[Values]| {
        let axes: Vec<usize> = (x[0].dims.rank() - x[1].dims.rank()..x[0].dims.rank()).collect();
        let mean = |line: &[f64]| line.iter().map(|x| x * x).sum::<f64>() / line.len() as f64;
        let squares = x[0].reduce(&axes, mean);
        x[0].zip(&squares, |x, square| x / (square + 1e-5).sqrt()).zip(&x[1], |y, weight| y * weight)
    };
    let cases = vec![
        Case::new("vectors", [&[3, 4][..], &[4]], norm).reference(plain),
        Case::new("images", [&[2, 2, 2, 2][..], &[2, 2, 2]], norm).reference(plain),
        Case::new("one vector", [&[7][..], &[7]], norm).reference(plain),
    ];
    Definition::new("all x", cases).smooth().refuses(
        &["rms_norm", "weight [3]", "last axes of [3, 4]"],
        [&[3, 4][..], &[3]],
        norm,
    )
}
