//! Instance norm (Ulyanov, Vedaldi, Lempitsky, 2016): each channel of each sample normalised.

use super::normalize::{normalize, positions};
use crate::case::Case;
use crate::definition::Definition;
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::Activation;
use kiln_tensor::fused::BatchNorm;

impl Tensor {
    /// `[n, c, ..]` with each channel of each sample normalised over its positions.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([1.0, 3.0]).reshape([1, 1, 2]);
    /// let y = x.instance_norm(None, 1e-9).to_f64_vec()?;
    /// assert!((y[1] - 1.0).abs() < 1e-6);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this has no channel axis, has one position (its normalised value would be constant), or weight
    /// and bias aren't `[c]`.
    #[must_use]
    #[track_caller]
    pub fn instance_norm(&self, affine: Option<(&Tensor, &Tensor)>, eps: f64) -> Tensor {
        self.instance_norm_then(affine, eps, Activation::Identity)
    }

    /// [`instance_norm`](Tensor::instance_norm) and then the activation, in the same passes over memory.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// use kiln_tensor::Activation;
    /// let x = Tensor::from([1.0, 3.0]).reshape([1, 1, 2]);
    /// let y = x.instance_norm_then(None, 1e-9, Activation::Relu).to_f64_vec()?;
    /// assert_eq!(y[0], 0.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// Where `instance_norm` does.
    #[must_use]
    #[track_caller]
    pub fn instance_norm_then(
        &self,
        affine: Option<(&Tensor, &Tensor)>,
        eps: f64,
        activation: Activation,
    ) -> Tensor {
        let dims = self.dims();
        assert!(
            dims.rank() >= 2 && dims[2..].iter().product::<usize>() != 1,
            "instance_norm: got {dims}; wanted [n, c, ..] with more than one position"
        );
        self.assert_channels("instance_norm", "weight and bias", affine);
        normalize(self, positions(dims), affine, BatchNorm { eps, activation, by_sample: true }).0
    }
}

/// Domain, cases and refusals of `instance_norm`.
pub fn definition() -> Definition {
    let then = |f: Activation| move |x: &[Tensor]| x[0].instance_norm_then(Some((&x[1], &x[2])), 1e-5, f);
    let with = then(Activation::Identity);
    let normalized = |x: &Values| {
        let channels = x.dims[1];
        reference::normalize(x, 1e-5, move |i| i[0] * channels + i[1])
    };
    let affine = move |x: &[Values]| reference::affine(&normalized(&x[0]), &x[1], &x[2]);
    let cases = vec![
        Case::new("affine", [&[2, 2, 2, 2][..], &[2], &[2]], with).reference(affine),
        Case::new("relu", [&[2, 3, 2, 2][..], &[3], &[3]], then(Activation::Relu))
            .reference(move |x| affine(x).map(|y| y.max(0.0))),
        Case::new("leaky relu", [&[2, 2, 4][..], &[2], &[2]], then(Activation::LeakyRelu(0.2)))
            .reference(move |x| affine(x).map(|y| y.max(0.2 * y))),
        Case::new("plain", [[2, 2, 3]], |x| x[0].instance_norm(None, 1e-5))
            .reference(move |x| normalized(&x[0])),
        Case::new("five axes", [[1, 2, 2, 1, 3]], |x| x[0].instance_norm(None, 1e-2))
            .reference(|x| reference::normalize(&x[0], 1e-2, |i| i[1])),
    ];
    Definition::new("all x", cases)
        .smooth()
        .refuses(&["instance_norm", "[2, 3, 1]", "more than one position"], [[2, 3, 1]], |x| {
            x[0].instance_norm(None, 1e-5)
        })
        .refuses(
            &["instance_norm", "weight and bias are [3] and [2]", "wanted [2]"],
            [&[1, 2, 3][..], &[3], &[2]],
            with,
        )
}
