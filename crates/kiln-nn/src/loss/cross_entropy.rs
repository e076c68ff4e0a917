//! Cross-entropy over classes.

use super::reduction::Reduction;
use kiln_grad::{DType, Tensor};
use kiln_tensor::NamedFaults;

/// The mean of `−ln softmax(logits)[label]` over all labels: logits `[n, classes, ..]` against labels
/// `U32 [n, ..]`, each below `classes`. Finite for all finite logits. [`CrossEntropy`] has options.
///
/// # Panics
/// When the dims don't fit, or a label is out of range. (A GPU finds that later, and returns it where values are read.)
#[must_use]
#[track_caller]
pub fn cross_entropy(logits: &Tensor, labels: &Tensor) -> Tensor {
    check(logits, labels);
    -picked(&logits.log_softmax(1), labels).mean(..)
}

/// The element of each label among `[n, classes, ..]`: `[n, 1, ..]`.
#[track_caller]
fn picked(logs: &Tensor, labels: &Tensor) -> Tensor {
    let labels = labels.unsqueeze(1);
    let faults = NamedFaults::of("cross_entropy");
    let picked = logs.gather(1, &labels);
    faults.end();
    picked
}

#[track_caller]
fn check(logits: &Tensor, labels: &Tensor) {
    assert!(
        logits.rank() >= 2 && logits.dims().remove(1) == *labels.dims(),
        "cross_entropy: logits {} don't fit labels {}; wanted [n, classes, ..] and [n, ..]",
        logits.dims(),
        labels.dims()
    );
}

/// Cross-entropy with options.
///
/// ```
/// use kiln_grad::Tensor;
/// use kiln_nn::loss::{CrossEntropy, Reduction};
///
/// let logits = Tensor::from([[2.0, 0.0], [0.0, 0.0], [1.0, 3.0]]);
/// let labels = Tensor::from([0_u32, 255, 1]);
/// let each = CrossEntropy::default().ignore(255).reduction(Reduction::None).of(&logits, &labels);
/// assert_eq!(each.to_f64_vec()?[1], 0.0);
/// # Ok::<(), kiln_grad::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CrossEntropy {
    weight: Option<Tensor>,
    ignored: Option<u32>,
    label_smoothing: f64,
    reduction: Reduction,
}

impl Default for CrossEntropy {
    /// All classes weigh the same, no label is ignored or smoothed, and the loss is the mean: [`cross_entropy`].
    fn default() -> Self {
        CrossEntropy { weight: None, ignored: None, label_smoothing: 0.0, reduction: Reduction::Mean }
    }
}

impl CrossEntropy {
    /// A weight for each class, `[classes]`. The mean is then weighted too: it divides by the labels' weights.
    #[must_use]
    pub fn weight(self, weight: &Tensor) -> Self {
        CrossEntropy { weight: Some(weight.clone()), ..self }
    }

    /// A label that gives no loss and doesn't count in the mean. It may be one that is no class.
    #[must_use]
    #[doc(alias = "ignore_index")]
    pub fn ignore(self, label: u32) -> Self {
        CrossEntropy { ignored: Some(label), ..self }
    }

    /// The share of each label that is spread evenly over all classes, the right one included (Szegedy et al., 2016).
    ///
    /// # Panics
    /// When it isn't in [0, 1].
    #[must_use]
    #[track_caller]
    pub fn label_smoothing(self, share: f64) -> Self {
        assert!((0.0..=1.0).contains(&share), "cross_entropy: the label smoothing {share} is not in [0, 1]");
        CrossEntropy { label_smoothing: share, ..self }
    }

    /// How the losses of labels become one number. The mean leaves out ignored labels: of none it is NaN.
    #[must_use]
    pub fn reduction(self, reduction: Reduction) -> Self {
        CrossEntropy { reduction, ..self }
    }

    /// The loss of logits `[n, classes, ..]` against labels `U32 [n, ..]`, each below `classes` or ignored.
    ///
    /// # Panics
    /// When the dims don't fit. A label out of range is refused as an index is by [`Tensor::gather`].
    #[must_use]
    #[track_caller]
    pub fn of(&self, logits: &Tensor, labels: &Tensor) -> Tensor {
        check(logits, labels);
        let (classes, dtype) = (logits.dims()[1], logits.dtype());
        let kept = self.ignored.map(|label| labels.ne(label));
        let labels = match &kept {
            Some(kept) => kept.select(labels, &Tensor::zeros([], DType::U32, labels.device())),
            None => labels.clone(),
        };
        let logs = -logits.log_softmax(1);
        let chosen = picked(&logs, &labels).squeeze(1);
        // Weights of the labels, and the losses of all classes on average.
        let (weights, chosen, spread) = match &self.weight {
            Some(weight) => {
                assert!(
                    **weight.dims() == [classes],
                    "cross_entropy: a weight {} for {classes} classes",
                    weight.dims()
                );
                let of_labels = weight.index_select(0, &labels.flatten(0)).reshape(*labels.dims());
                let by_class = weight.unsqueeze((1..logits.rank() - 1).collect::<Vec<usize>>());
                let chosen = chosen * &of_labels;
                (Some(of_labels), chosen, (logs * by_class).sum(1) / classes as f64)
            }
            None => (None, chosen, logs.mean(1)),
        };
        let losses = match self.label_smoothing {
            0.0 => chosen,
            share => chosen * (1.0 - share) + spread * share,
        };
        let masked = |x: Tensor| kept.as_ref().map_or(x.clone(), |kept| x.masked_fill(&kept.not(), 0.0));
        let losses = masked(losses);
        match (self.reduction, weights, &kept) {
            (Reduction::Mean, Some(weights), _) => losses.sum(..) / masked(weights).sum(..),
            (Reduction::Mean, None, Some(kept)) => losses.sum(..) / kept.to_dtype(dtype).sum(..),
            (reduction, ..) => reduction.apply(&losses),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;

    #[test]
    fn values() {
        let x = Tensor::from([[1.0, 2.0, -0.5], [0.0, -1.0, 3.0]]);
        let value = cross_entropy(&x, &Tensor::from([1_u32, 0])).item().unwrap();
        assert!((value - 1.7187114678050561).abs() < 1e-14, "{value}");
        // The same two samples as the two pixels of one image.
        let image = x.transpose(0, 1).unsqueeze(0);
        let pixels = cross_entropy(&image, &Tensor::from([[1_u32, 0]])).item().unwrap();
        assert!((pixels - value).abs() < 1e-14, "{pixels}");
    }

    #[test]
    fn extreme_logits() {
        let x = Tensor::from([[1e4_f32, -1e4], [1e4, -1e4]]).tracked();
        let loss = cross_entropy(&x, &Tensor::from([0_u32, 1]));
        assert_eq!(loss.item().unwrap(), 1e4);
        assert_eq!(grad(loss, &[&x])[0].to_f64_vec().unwrap(), [0.0, 0.0, 0.5, -0.5]);
    }

    /// Numbers from PyTorch 2.15: weight [0.5, 1, 2], labels 1, 0, 255 (ignored), 2, smoothing 0.1.
    #[test]
    fn options_agree_with_torch() {
        let x =
            Tensor::from([[1.0, 2.0, -0.5], [0.0, -1.0, 3.0], [1.0, 1.0, 1.0], [0.5, 0.25, -0.75]]).tracked();
        let labels = Tensor::from([1_u32, 0, 255, 2]);
        let loss =
            CrossEntropy::default().weight(&Tensor::from([0.5, 1.0, 2.0])).ignore(255).label_smoothing(0.1);
        let value = |reduction| loss.clone().reduction(reduction).of(&x, &labels);
        let close = |have: &Tensor, want: &[f64]| {
            let have = have.to_f64_vec().unwrap();
            assert!(have.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-14), "{have:?} is not {want:?}");
        };
        close(&value(Reduction::Mean), &[1.6752901248467753]);
        close(&value(Reduction::Sum), &[5.863515436963715]);
        close(&value(Reduction::None), &[0.5610646823835609, 1.5706675454625432, 0.0, 3.73178320911761]);
        close(
            &grad(value(Reduction::Mean), &[&x])[0],
            &[
                0.06893660514160257,
                -0.06633334641145376,
                -0.0026032587301488158,
                -0.12578652777308996,
                -0.006747494911677651,
                0.1325340226847676,
                0.0,
                0.0,
                0.0,
                0.26038968003998464,
                0.19697645235252595,
                -0.45736613239251067,
            ],
        );
    }

    #[test]
    fn nothing_but_ignored_labels_have_no_mean() {
        let x = Tensor::from([[1.0, 2.0]]);
        let loss = CrossEntropy::default().ignore(7);
        assert!(loss.of(&x, &Tensor::from([7_u32])).item().unwrap().is_nan());
        assert_eq!(loss.reduction(Reduction::Sum).of(&x, &Tensor::from([7_u32])).item(), Ok(0.0));
    }

    #[test]
    #[should_panic(expected = "cross_entropy: logits [2, 3] don't fit labels [3]")]
    fn labels_that_do_not_fit() {
        let _ = cross_entropy(&Tensor::from([[0.0; 3]; 2]), &Tensor::from([0_u32; 3]));
    }
}
