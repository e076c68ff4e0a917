//! One step of an optimiser, guarded, as the loop around a training wants it.

use crate::optim::Optimizer;
use crate::training::{Metrics, StepCtx};
use kiln_grad::{Array, Error, Meta, Tensor};
use kiln_tensor::{Dims, Map, Zip, fused};

/// What the loop around a training says about all its optimisers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// A factor of the learning rate: the [schedule](crate::optim::Schedule)'s at this step.
    pub lr_factor: f64,
    /// The largest norm that the gradients of one optimiser may have, all of them taken together; longer ones
    /// are scaled down to it (Pascanu et al., 2013).
    pub clip_norm: Option<f64>,
    /// In how many parts a batch is computed, one after the other, to save memory. Gradients are means over
    /// the parts, so the number of samples is to be a multiple. Batch norm sees a part at a time.
    pub parts: usize,
    /// Whether loss and norm are tested before anything is written. That waits for the device; without it, who
    /// reads the metrics sees the number that isn't finite, and parameters may have followed it.
    pub tested: bool,
}

impl Default for Descent {
    /// The learning rate as it is, no bound, the batch as a whole, and everything tested.
    fn default() -> Self {
        Descent { lr_factor: 1.0, clip_norm: None, parts: 1, tested: true }
    }
}

/// Why a step could not be done. Nothing was written by the optimiser that found it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// The failure of a device.
    #[error(transparent)]
    Device(#[from] Error),
    /// A loss, or the norm of its gradient, is infinite or not a number.
    #[error("`{name}` is {value}")]
    NonFinite {
        /// The name under which it is reported.
        name: &'static str,
        /// What it is.
        value: f64,
    },
}

/// A part of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    index: usize,
    count: usize,
}

impl Part {
    /// Whether it is all of the batch.
    pub fn is_whole(self) -> bool {
        self.count == 1
    }

    /// This part of a tensor whose first axis is the samples. Parts differ by one sample at most.
    ///
    /// # Panics
    /// When there are fewer samples than parts.
    #[track_caller]
    pub fn of(self, samples: &Tensor) -> Tensor {
        if self.is_whole() {
            return samples.clone();
        }
        let len = samples.dims()[0];
        assert!(len >= self.count, "a batch of {len} can't be computed in {} parts", self.count);
        let at = |index: usize| index * len / self.count;
        samples.narrow(0, at(self.index), at(self.index + 1) - at(self.index))
    }
}

/// What is minimised, with the numbers to report beside it.
#[derive(Clone, Debug)]
pub struct Loss {
    value: Tensor,
    terms: Metrics,
}

impl From<Tensor> for Loss {
    fn from(value: Tensor) -> Self {
        Loss { value, terms: Metrics::new() }
    }
}

impl Loss {
    /// With one more number to report: a mean over the samples, cut off from its graph.
    #[must_use]
    #[track_caller]
    pub fn with(self, name: &'static str, term: &Tensor) -> Self {
        Loss { terms: self.terms.with(name, term), ..self }
    }
}

impl StepCtx {
    /// One step of `optimizer` down the gradient of a loss, which `loss` computes for each [part](Part) of the
    /// batch: a mean over its samples. Loss and gradient are tested before anything is written, unless the
    /// [descent](Descent::tested) says not to. The metrics are the loss, the terms beside it, and the norm of the
    /// gradient before it was bounded; `names` are those of loss and norm.
    ///
    /// # Errors
    /// When loss or norm is tested and not finite, or the device failed.
    ///
    /// # Panics
    /// When the loss isn't one number or doesn't depend on a parameter of the optimiser.
    #[track_caller]
    pub fn minimize<L: Into<Loss>>(
        &self,
        names: [&'static str; 2],
        optimizer: &mut dyn Optimizer,
        mut loss: impl FnMut(Part) -> L,
    ) -> Result<Metrics, StepError> {
        self.minimize_sum(names, optimizer, 1, |part, _| loss(part))
    }

    /// Like [`minimize`](StepCtx::minimize) for a loss that is the sum of `terms` losses, from `loss(part, 0)` on.
    /// Each is swept before the next is computed, so that the graph of one is held at a time. Terms reported
    /// beside the losses add up too.
    ///
    /// # Errors
    /// As `minimize`.
    ///
    /// # Panics
    /// As `minimize`, and when there are no terms.
    #[track_caller]
    pub fn minimize_sum<L: Into<Loss>>(
        &self,
        names: [&'static str; 2],
        optimizer: &mut dyn Optimizer,
        terms: usize,
        mut loss: impl FnMut(Part, usize) -> L,
    ) -> Result<Metrics, StepError> {
        let Descent { lr_factor, clip_norm, parts, tested } = self.descent;
        let share = 1.0 / parts as f64;
        let mut metrics = Metrics::new();
        let mut gradients: Vec<Array> = Vec::new();
        for (index, term) in (0..parts).flat_map(|index| (0..terms).map(move |term| (index, term))) {
            let Loss { value, terms } = loss(Part { index, count: parts }, term).into();
            let new = Metrics::new().with(names[0], &value).and(terms);
            metrics = metrics.plus(if parts == 1 { new } else { new.scaled(share) });
            let value = if parts == 1 { value } else { value * share };
            let new = optimizer.gradients(value).into_iter().map(Tensor::into_array);
            if gradients.is_empty() {
                gradients = new.collect();
            } else {
                gradients.iter_mut().zip(new).for_each(|(sum, new)| sum.accumulate(&new));
            }
        }
        let norm = norm(&gradients);
        let metrics = metrics.with(names[1], &norm);
        if tested
            && let Some((name, value)) = metrics.read()?.into_iter().find(|(_, value)| !value.is_finite())
        {
            return Err(StepError::NonFinite { name, value });
        }
        if let Some(most) = clip_norm {
            // On the device, so that nobody waits for the norm.
            let factor = norm.array().map(Map::Recip).map(Map::MulScalar(most)).map(Map::Clamp(0.0, 1.0));
            gradients.iter_mut().for_each(|gradient| *gradient = gradient.zip(Zip::Mul, &factor));
        }
        let lr = optimizer.lr();
        optimizer.set_lr(lr * lr_factor);
        optimizer.step(gradients.into_iter().map(Tensor::from).collect());
        optimizer.set_lr(lr);
        Ok(metrics)
    }
}

/// The norm of all arrays taken together, a number on their device.
fn norm(arrays: &[Array]) -> Tensor {
    let meta = Meta { dims: Dims::new(&[]), dtype: arrays[0].dtype() };
    let arrays: Vec<&Array> = arrays.iter().collect();
    Array::fused(fused::Norm, &arrays, &[meta]).remove(0).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Sgd;
    use crate::param::Param;

    fn samples() -> Tensor {
        Tensor::from([[1.0, 0.0], [2.0, 1.0], [-3.0, 2.0], [5.0, 4.0]])
    }

    /// A step down the mean distance of `w` from the samples, by a rate of 0.5, from 0.
    fn stepped(descent: Descent) -> (Vec<(&'static str, f64)>, Vec<f64>) {
        let w = Param::new([0.0, 0.0]);
        let mut sgd = Sgd::new(vec![("w".to_owned(), w.clone())], 0.5);
        let cx = StepCtx { descent, ..StepCtx::new(1, 0) };
        let metrics = cx.minimize(["loss", "grad_norm"], &mut sgd, |part| {
            let squares = (part.of(&samples()) - w.tensor()).square().sum([1]);
            Loss::from(squares.mean(..)).with("largest", &squares.max([0]))
        });
        assert_eq!(sgd.lr(), 0.5);
        (metrics.unwrap().read().unwrap(), w.tensor().to_f64_vec().unwrap())
    }

    #[test]
    fn a_step_goes_down_the_gradient_and_reports_its_norm() {
        let (metrics, w) = stepped(Descent::default());
        // The mean of the samples is [1.25, 1.75], the gradient minus twice that.
        assert_eq!(w, [1.25, 1.75]);
        let norm = (2.5f64 * 2.5 + 3.5 * 3.5).sqrt();
        assert_eq!(metrics, [("loss", 15.0), ("largest", 41.0), ("grad_norm", norm)]);
    }

    #[test]
    fn the_rate_is_scaled_and_the_norm_bounded() {
        let (_, w) = stepped(Descent { lr_factor: 0.2, ..Descent::default() });
        assert_eq!(w, [0.25, 0.35000000000000003]);
        let (metrics, w) = stepped(Descent { clip_norm: Some(1.0), ..Descent::default() });
        let length = (w[0] * w[0] + w[1] * w[1]).sqrt();
        assert!((length - 0.5).abs() < 1e-12 && (w[1] / w[0] - 1.4).abs() < 1e-12, "{w:?}");
        assert!(metrics[2].1 > 4.0);
        assert_eq!(stepped(Descent { clip_norm: Some(9.0), ..Descent::default() }).1, [1.25, 1.75]);
    }

    #[test]
    fn parts_give_the_gradient_of_the_whole() {
        let (metrics, w) = stepped(Descent { parts: 2, ..Descent::default() });
        assert_eq!(w, [1.25, 1.75]);
        // Terms are means over the parts: of 5 and 41.
        assert_eq!(metrics[..2], [("loss", 15.0), ("largest", 23.0)]);
        let (_, w) = stepped(Descent { parts: 4, ..Descent::default() });
        assert_eq!(w, [1.25, 1.75]);
    }

    #[test]
    fn terms_add_up() {
        for parts in [1, 2] {
            let w = Param::new([0.0, 0.0]);
            let mut sgd = Sgd::new(vec![("w".to_owned(), w.clone())], 0.5);
            let cx = StepCtx { descent: Descent { parts, ..Descent::default() }, ..StepCtx::new(1, 0) };
            let metrics = cx.minimize_sum(["loss", "grad_norm"], &mut sgd, 2, |part, axis| {
                let samples = part.of(&samples()).narrow(1, axis, 1);
                Loss::from((samples - w.tensor().narrow(0, axis, 1)).square().mean(..))
            });
            assert_eq!(w.tensor().to_f64_vec().unwrap(), [1.25, 1.75]);
            let norm = (2.5f64 * 2.5 + 3.5 * 3.5).sqrt();
            assert_eq!(metrics.unwrap().read().unwrap(), [("loss", 15.0), ("grad_norm", norm)]);
        }
    }

    #[test]
    fn nothing_is_written_when_a_number_is_not_finite() {
        let w = Param::new([0.0, 0.0]);
        let mut sgd = Sgd::new(vec![("w".to_owned(), w.clone())], 0.5);
        let cx = StepCtx::new(1, 0);
        // The loss is 0, but the slope of a root at 0 is not finite.
        let error = cx.minimize(["loss", "grad_norm"], &mut sgd, |_| w.tensor().sqrt().sum(..)).unwrap_err();
        assert!(matches!(error, StepError::NonFinite { name: "grad_norm", .. }), "{error}");
        let error = cx.minimize(["loss", "grad_norm"], &mut sgd, |_| w.tensor().ln().sum(..)).unwrap_err();
        assert_eq!(error.to_string(), "`loss` is -inf");
        assert_eq!(w.tensor().to_f64_vec().unwrap(), [0.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "a batch of 4 can't be computed in 5 parts")]
    fn more_parts_than_samples_are_a_mistake() {
        let _ = stepped(Descent { parts: 5, ..Descent::default() });
    }
}
