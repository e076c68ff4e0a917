//! Batch norm (Ioffe and Szegedy, 2015): each channel normalised to mean 0 and variance 1 over the batch.

use super::normalize::{BatchStats, normalize, positions};
use crate::case::Case;
use crate::definition::Definition;
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::Activation;
use kiln_tensor::fused::BatchNorm;

impl Tensor {
    /// Batch norm of `[n, c, ..]` by the statistics of this batch: for each channel,
    /// `(x − mean) / √(var + eps) · weight + bias`. Also gives the statistics, for running averages.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let (y, stats) = Tensor::from([[1.0], [3.0]]).batch_norm(None, 0.0);
    /// assert_eq!((y.to_f64_vec()?, stats.mean.item()?), (vec![-1.0, 1.0], 2.0));
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this has no channel axis or weight and bias aren't `[c]`.
    #[must_use]
    #[track_caller]
    pub fn batch_norm(&self, affine: Option<(&Tensor, &Tensor)>, eps: f64) -> (Tensor, BatchStats) {
        self.batch_norm_then(affine, eps, Activation::Identity)
    }

    /// [`batch_norm`](Tensor::batch_norm) and then the activation, in the same passes over memory.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// use kiln_tensor::Activation;
    /// let x = Tensor::from([[1.0], [3.0]]);
    /// let (y, _) = x.batch_norm_then(None, 0.0, Activation::Relu);
    /// assert_eq!(y.to_f64_vec()?, [0.0, 1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this has no channel axis or weight and bias aren't `[c]`.
    #[must_use]
    #[track_caller]
    pub fn batch_norm_then(
        &self,
        affine: Option<(&Tensor, &Tensor)>,
        eps: f64,
        activation: Activation,
    ) -> (Tensor, BatchStats) {
        let dims = self.dims();
        assert!(dims.rank() >= 2, "batch_norm: got {dims}; wanted [n, c, ..]");
        self.assert_channels("batch_norm", "weight and bias", affine);
        normalize(self, positions(dims), affine, BatchNorm { eps, activation, by_sample: false })
    }

    /// Batch norm of `[n, c, ..]` by given statistics `[c]`, as when sampling.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let (mean, var) = (Tensor::from([1.0]), Tensor::from([4.0]));
    /// assert_eq!(Tensor::from([[5.0]]).batch_norm_by(&mean, &var, None, 0.0).item()?, 2.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this has no channel axis or the others aren't `[c]`.
    #[must_use]
    #[track_caller]
    pub fn batch_norm_by(
        &self,
        mean: &Tensor,
        var: &Tensor,
        affine: Option<(&Tensor, &Tensor)>,
        eps: f64,
    ) -> Tensor {
        assert!(self.rank() >= 2, "batch_norm: got {}; wanted [n, c, ..]", self.dims());
        self.assert_channels("batch_norm", "mean and var", Some((mean, var)));
        self.assert_channels("batch_norm", "weight and bias", affine);
        let scale = (var + eps).rsqrt();
        let (scale, shift) = match affine {
            Some((weight, bias)) => {
                let scale = scale * weight;
                (scale.clone(), bias - mean * scale)
            }
            None => (scale.clone(), -(mean * scale)),
        };
        let column = self.channel_dims();
        self * scale.reshape(column) + shift.reshape(column)
    }
}

/// Domain, cases and refusals of `batch_norm`.
pub fn definition() -> Definition {
    let then = |f: Activation| move |x: &[Tensor]| x[0].batch_norm_then(Some((&x[1], &x[2])), 1e-5, f).0;
    let train = then(Activation::Identity);
    let by = |x: &[Tensor]| x[0].batch_norm_by(&x[1], &(x[2].square() + 0.5), Some((&x[3], &x[4])), 1e-5);
    let normalized = |x: &Values, eps| reference::normalize(x, eps, |i| i[1]);
    let affine = move |x: &[Values]| reference::affine(&normalized(&x[0], 1e-5), &x[1], &x[2]);
    let given = |x: &[Values]| {
        let scale = x[2].map(|v| 1.0 / (v * v + 0.5 + 1e-5).sqrt());
        let shift = x[1].zip(&scale, |mean, scale| -mean * scale);
        reference::affine(&reference::affine(&x[0], &scale, &shift), &x[3], &x[4])
    };
    let cases = vec![
        Case::new("images", [&[2, 3, 2, 2][..], &[3], &[3]], train).reference(affine),
        Case::new("vectors", [&[5, 2][..], &[2], &[2]], train).reference(affine),
        Case::new("one channel", [&[3, 1, 2][..], &[1], &[1]], train).reference(affine),
        Case::new("no affine", [[3, 2, 3]], |x| x[0].batch_norm(None, 1e-3).0)
            .reference(move |x| normalized(&x[0], 1e-3)),
        Case::new("relu", [&[2, 3, 2, 2][..], &[3], &[3]], then(Activation::Relu))
            .reference(move |x| affine(x).map(|y| y.max(0.0))),
        Case::new("leaky relu", [&[3, 2, 3][..], &[2], &[2]], then(Activation::LeakyRelu(0.2)))
            .reference(move |x| affine(x).map(|y| y.max(0.2 * y))),
        Case::new("given statistics", [&[2, 3, 2][..], &[3], &[3], &[3], &[3]], by).reference(given),
    ];
    Definition::new("all x", cases)
        .smooth()
        .refuses(&["batch_norm", "[3]", "wanted [n, c, ..]"], [[3]], |x| x[0].batch_norm(None, 1e-5).0)
        .refuses(
            &["batch_norm", "weight and bias are [3] and [2]", "wanted [2]"],
            [&[5, 2][..], &[3], &[2]],
            train,
        )
        .refuses(
            &["batch_norm", "mean and var are [3] and [2]", "wanted [2]"],
            [&[5, 2][..], &[3], &[2]],
            |x| x[0].batch_norm_by(&x[1], &x[2], None, 1e-5),
        )
}
