//! Norms of vectors along axes, and vectors divided by them.

use crate::axes::{Axes, removed};
use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::Values;
use crate::tensor::Tensor;

impl Tensor {
    /// The norm `(Σ|x|ᵖ)^(1/p)` over `axes`, which go away: 2 is the Euclidean length, ∞ the largest `|x|`. Where all
    /// elements are 0, the gradient of the Euclidean length counts as 0.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[3.0, -4.0]]);
    /// assert_eq!(x.norm(2.0, 1).item()?, 5.0);
    /// assert_eq!(x.norm(1.0, ..).item()?, 7.0);
    /// assert_eq!(x.norm(f64::INFINITY, ..).item()?, 4.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `p` isn't above 0, an axis doesn't exist, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    #[doc(alias = "vector_norm")]
    pub fn norm(&self, p: f64, axes: impl Axes) -> Tensor {
        let dims = removed(self.dims(), &axes.resolve("norm", self.rank()));
        self.norm_keepdim(p, axes).reshape(dims)
    }

    /// The norm over `axes`, which stay with length 1.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[3.0, -4.0]]).norm_keepdim(2.0, 1).dims(), &[1, 1].into());
    /// ```
    ///
    /// # Panics
    /// When `p` isn't above 0, an axis doesn't exist, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn norm_keepdim(&self, p: f64, axes: impl Axes) -> Tensor {
        assert_floats("norm", &[self]);
        assert!(p > 0.0, "norm: got p = {p}; wanted a number above 0");
        let axes = axes.resolve("norm", self.rank());
        match p {
            1.0 => self.abs().sum_keepdim(axes),
            2.0 => {
                let squares = self.square().sum_keepdim(axes);
                // The root of 1 in the place of that of 0, whose gradient is infinite.
                let zero = squares.eq(0.0);
                squares.masked_fill(&zero, 1.0).sqrt().masked_fill(&zero, 0.0)
            }
            f64::INFINITY => self.abs().max_keepdim(axes),
            _ => self.abs().pow_scalar(p).sum_keepdim(axes).pow_scalar(1.0 / p),
        }
    }

    /// This tensor divided by its Euclidean length over `axes`, or by `eps` where that is more.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[3.0, 4.0], [0.0, 0.0]]);
    /// assert_eq!(x.normalize(1, 1e-12).to_f64_vec()?, [0.6, 0.8, 0.0, 0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn normalize(&self, axes: impl Axes, eps: f64) -> Tensor {
        assert_floats("normalize", &[self]);
        self / self.norm_keepdim(2.0, axes).clamp(eps, f64::INFINITY)
    }
}

/// Domain, cases and refusals of `norm`.
pub fn definition() -> Definition {
    let by = |p: f64| move |line: &[f64]| line.iter().map(|x| x.abs().powf(p)).sum::<f64>().powf(1.0 / p);
    let largest = |line: &[f64]| line.iter().fold(0.0, |top: f64, x| top.max(x.abs()));
    let cases = vec![
        Case::new("Euclidean", [[2, 3]], |x| x[0].norm(2.0, ..))
            .reference(move |x| x[0].reduce(&[0, 1], by(2.0)).without(&[0, 1])),
        Case::new("Euclidean, kept", [[2, 3, 2]], |x| x[0].norm_keepdim(2.0, [0, 2]))
            .reference(move |x| x[0].reduce(&[0, 2], by(2.0))),
        Case::new("sum", [[2, 3]], |x| x[0].norm(1.0, 1))
            .on(Domain::AwayFromKinks)
            .reference(move |x| x[0].reduce(&[1], by(1.0)).without(&[1])),
        Case::new("power 3", [[2, 3]], |x| x[0].norm(3.0, 0))
            .on(Domain::Range(0.3, 2.0))
            .reference(move |x| x[0].reduce(&[0], by(3.0)).without(&[0])),
        Case::new("largest", [[2, 3]], |x| (&x[0] + 10.0).norm(f64::INFINITY, 1))
            .on(Domain::Distinct)
            .reference(move |x| x[0].map(|x| x + 10.0).reduce(&[1], largest).without(&[1])),
        Case::new("normalize", [[2, 3, 2]], |x| x[0].normalize([1, 2], 1e-3))
            .reference(move |x| x[0].zip(&x[0].reduce(&[1, 2], by(2.0)), |x, length| x / length)),
        Case::new("normalize, short", [[2, 3]], |x| x[0].normalize(1, 10.0))
            .reference(|x| x[0].map(|x| x / 10.0)),
        Case::new("of no rows", [[0, 3]], |x| x[0].norm(2.0, 1)).reference(|_| Values::zeros([0])),
    ];
    Definition::new("all x", cases)
        .singular("all x = 0", [[0.0, 0.0]], 0.0, [[0.0, 0.0]])
        .refuses(&["norm", "p = 0", "above 0"], [[3]], |x| x[0].norm(0.0, 0))
        .refuses(&["norm", "no axis 2"], [[2, 3]], |x| x[0].norm(2.0, 2))
}
