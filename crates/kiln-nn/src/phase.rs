//! A training step as phases: in each, one optimiser goes down the sum of some named terms.

use crate::metrics::Metrics;
use crate::optim::{Optimizer, bound, norm};
use crate::step::{StepCtx, StepError};
use kiln_grad::{Array, Tensor};
use kiln_tensor::Zip;
use kiln_tensor::random::Key;

/// One of the parts that a batch is computed in, one after the other, whose sizes differ by one sample at most; all of the
/// batch where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MicroBatch {
    index: usize,
    count: usize,
}

impl MicroBatch {
    /// Whether it is all of the batch.
    pub fn is_whole(self) -> bool {
        self.count == 1
    }

    /// Random numbers of this micro-batch: those of the key for all of a batch, others for each part of it.
    pub fn key(self, key: Key) -> Key {
        if self.is_whole() { key } else { key.purpose(&self.index.to_string()) }
    }

    /// The samples of this micro-batch, of a tensor whose first axis is the samples. Micro-batches differ by one
    /// sample at most.
    ///
    /// # Panics
    /// When there are fewer samples than micro-batches.
    #[track_caller]
    pub fn of(self, samples: &Tensor) -> Tensor {
        if self.is_whole() {
            return samples.clone();
        }
        let len = samples.dims()[0];
        assert!(len >= self.count, "a batch of {len} can't be split into {} micro-batches", self.count);
        let at = |index: usize| index * len / self.count;
        samples.narrow(0, at(self.index), at(self.index + 1) - at(self.index))
    }
}

/// What is minimised, with numbers to report beside it.
#[derive(Clone, Debug)]
pub struct Loss {
    name: String,
    value: Tensor,
    parts: Metrics,
}

impl From<Tensor> for Loss {
    fn from(value: Tensor) -> Self {
        Loss { name: "loss".to_owned(), value, parts: Metrics::new() }
    }
}

impl Loss {
    /// Under the name that its value has elsewhere, such as among the measures on a test set, instead of `loss`: one
    /// quantity has one name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Loss { name: name.to_owned(), ..self }
    }

    /// With one more number to report: a mean over the samples, cut off from its graph.
    #[must_use]
    pub fn with(self, name: &str, part: &Tensor) -> Self {
        Loss { parts: self.parts.with(name, part), ..self }
    }
}

/// The phases of one step, and the metrics of those that are finished.
#[derive(Debug)]
pub struct Phases<'a> {
    cx: &'a StepCtx,
    metrics: Metrics,
}

impl StepCtx {
    /// A step that is about to be made, phase by phase.
    pub fn phases(&self) -> Phases<'_> {
        Phases { cx: self, metrics: Metrics::new() }
    }

    /// One step of `optimizer` down a loss: a step of a single phase without a name, whose metrics are `loss`, its
    /// parts, and `grad_norm`.
    ///
    /// # Errors
    /// As [`Phase::finish`].
    ///
    /// # Panics
    /// As [`Phase::term`] and [`Phase::finish`].
    #[track_caller]
    pub fn minimize<L: Into<Loss>>(
        &self,
        optimizer: &mut dyn Optimizer,
        loss: impl FnMut(MicroBatch) -> L,
    ) -> Result<Metrics, StepError> {
        let mut phases = self.phases();
        phases.phase("", optimizer).term("", loss).finish()?;
        Ok(phases.metrics())
    }
}

impl Phases<'_> {
    /// Begins a phase, by whose name its metrics begin: that of the phase `d` and its term `real` is `d_real`. A
    /// phase without a name adds nothing to theirs.
    pub fn phase<'p>(&'p mut self, name: &str, optimizer: &'p mut dyn Optimizer) -> Phase<'p> {
        let prefix = if name.is_empty() { String::new() } else { format!("{name}_") };
        let gradients = optimizer.params().iter().map(|_| None).collect();
        let all = &mut self.metrics;
        Phase { cx: self.cx, prefix, optimizer, gradients, is_partial: false, own: Metrics::new(), all }
    }

    /// The metrics of all phases that were finished, in their order.
    pub fn metrics(self) -> Metrics {
        self.metrics
    }
}

/// One optimiser's part of a step: the gradients of its terms, which add up, and then its step.
#[must_use = "a phase changes parameters when it is finished"]
pub struct Phase<'p> {
    cx: &'p StepCtx,
    prefix: String,
    optimizer: &'p mut dyn Optimizer,
    /// Sum of the gradients so far, for each parameter that one has reached.
    gradients: Vec<Option<Array>>,
    /// Whether parameters may be in none of the terms.
    is_partial: bool,
    own: Metrics,
    all: &'p mut Metrics,
}

impl Phase<'_> {
    /// With parameters that may be in none of the terms, such as those of layers that a growing network doesn't have yet:
    /// their gradient is then 0.
    pub fn partial(self, is_partial: bool) -> Self {
        Phase { is_partial, ..self }
    }

    /// Adds a term: a mean over the samples of a micro-batch, which `loss` computes for each of them. Each is swept
    /// at once, so that one graph is held at a time. The metric of the term has its name, if it has one, and adds
    /// to the phase's `loss`, or to what it is [named](Loss::named); parts of a [`Loss`] are reported as they are.
    ///
    /// # Panics
    /// When the loss isn't one number, or isn't computed from a parameter.
    #[track_caller]
    pub fn term<L: Into<Loss>>(self, name: &str, loss: impl FnMut(MicroBatch) -> L) -> Self {
        self.weighted_term(name, 1.0, loss)
    }

    /// Adds a term that is computed in every `interval`-th step, and then counts `interval` times: a lazy regulariser
    /// (Karras et al., 2020). Its metric is of those steps alone, and `interval` times as large as the term; that of a
    /// run shows where a step is one of them and logged too. Steps are counted from 1 for both.
    ///
    /// # Panics
    /// As [`term`](Phase::term), and when the interval is 0.
    #[track_caller]
    pub fn term_every<L: Into<Loss>>(
        self,
        interval: u64,
        name: &str,
        loss: impl FnMut(MicroBatch) -> L,
    ) -> Self {
        assert!(interval > 0, "term_every: a term that is computed every 0 steps");
        if (self.cx.step + 1).is_multiple_of(interval) {
            self.weighted_term(name, interval as f64, loss)
        } else {
            self
        }
    }

    #[track_caller]
    fn weighted_term<L: Into<Loss>>(
        mut self,
        name: &str,
        weight: f64,
        mut loss: impl FnMut(MicroBatch) -> L,
    ) -> Self {
        let count = self.cx.options.micro_batches;
        let share = weight / count as f64;
        let mut metrics = Metrics::new();
        for index in 0..count {
            let Loss { name: sum, value, parts } = loss(MicroBatch { index, count }).into();
            let new = Metrics::new().with(sum, &value);
            let new = if name.is_empty() { new } else { new.with(name, &value) }.and(parts);
            // A product with 1 would cost a kernel and change nothing.
            let (new, value) = if share == 1.0 { (new, value) } else { (new.scaled(share), value * share) };
            metrics = metrics.plus(new);
            for (sum, new) in self.gradients.iter_mut().zip(self.optimizer.gradients(value)) {
                match (sum, new.map(Tensor::into_array)) {
                    (Some(sum), Some(new)) => sum.accumulate(&new),
                    (sum @ None, new) => *sum = new,
                    (Some(_), None) => {}
                }
            }
        }
        self.own = self.own.plus(metrics);
        self
    }

    /// Makes the optimiser's step. Sum of the terms and norm of the gradient are tested before, unless the
    /// [options](crate::StepOptions::check_finite) say not to; then the norm is bounded and the learning rate follows
    /// the schedule, as far as the optimiser has [one](Optimizer::lr_factor). The metrics are the loss, the terms with
    /// names, and `grad_norm`: the norm before it was bounded.
    ///
    /// # Errors
    /// When a loss or the norm is tested and not finite, or the device failed; then nothing was written.
    ///
    /// # Panics
    /// When a parameter of the optimiser was in none of the terms, unless the phase is [partial](Phase::partial): the
    /// message names it.
    #[track_caller]
    pub fn finish(self) -> Result<(), StepError> {
        let Phase { cx, prefix, optimizer, gradients, is_partial, own, all } = self;
        let mut sums = Vec::with_capacity(gradients.len());
        for (i, (gradient, name)) in gradients.into_iter().zip(optimizer.names()).enumerate() {
            let zeros = || optimizer.params()[i].tensor().zeros_like().into_array();
            let Some(gradient) = gradient.or_else(|| is_partial.then(zeros)) else {
                panic!(
                    "minimize: no gradient for the parameter {name}: no term of {prefix}loss depends on it"
                )
            };
            sums.push(gradient);
        }
        let norm = norm(&sums.iter().collect::<Vec<_>>());
        let metrics = own.with("grad_norm", &norm.clone().into()).prefixed(&prefix);
        if cx.options.check_finite
            && let Some((name, value)) = metrics.read()?.into_iter().find(|(_, value)| !value.is_finite())
        {
            return Err(StepError::NonFinite { name, value });
        }
        if let Some(most) = optimizer.clip_norm() {
            let factor = bound(&norm, most);
            sums.iter_mut().for_each(|gradient| *gradient = gradient.zip(Zip::Mul, &factor));
        }
        let lr = optimizer.lr();
        optimizer.set_lr(lr * optimizer.lr_factor(cx.step, cx.steps));
        optimizer.step(sums.into_iter().map(Tensor::from).collect());
        optimizer.set_lr(lr);
        *all = std::mem::take(all).and(metrics);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::{Schedule, Scheduled, Sgd};
    use crate::param::Param;
    use crate::step::StepOptions;

    fn samples() -> Tensor {
        Tensor::from([[1.0, 0.0], [2.0, 1.0], [-3.0, 2.0], [5.0, 4.0]])
    }

    fn in_parts(micro_batches: usize) -> StepCtx {
        let options = StepOptions { micro_batches, ..StepOptions::default() };
        StepCtx { options, steps: 10, ..StepCtx::new(1, 0) }
    }

    fn sgd(w: &Param) -> Sgd {
        Sgd::new(vec![("w".to_owned(), w.clone())], 0.5)
    }

    type Read = Vec<(String, f64)>;

    fn named<const N: usize>(values: [(&str, f64); N]) -> Read {
        values.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// A step down the mean distance of `w` from the samples, by a rate of 0.5, from 0.
    fn stepped(cx: &StepCtx, change: impl FnOnce(Scheduled) -> Scheduled) -> (Read, Vec<f64>) {
        let w = Param::new([0.0, 0.0]);
        let mut optimizer = change(Scheduled::new(Box::new(sgd(&w))));
        let metrics = cx.minimize(&mut optimizer, |m| {
            let squares = (m.of(&samples()) - w.tensor()).square().sum([1]);
            Loss::from(squares.mean(..)).with("largest", &squares.max([0]))
        });
        assert_eq!(optimizer.lr(), 0.5);
        (metrics.unwrap().read().unwrap(), w.tensor().to_f64_vec().unwrap())
    }

    #[test]
    fn a_step_goes_down_the_gradient_and_reports_its_norm() {
        let (metrics, w) = stepped(&in_parts(1), |s| s);
        // The mean of the samples is [1.25, 1.75], the gradient minus twice that.
        assert_eq!(w, [1.25, 1.75]);
        let norm = (2.5f64 * 2.5 + 3.5 * 3.5).sqrt();
        assert_eq!(metrics, named([("loss", 15.0), ("largest", 41.0), ("grad_norm", norm)]));
    }

    #[test]
    fn a_loss_has_the_name_it_is_given() {
        let w = Param::new([0.0, 0.0]);
        for parts in [1, 2] {
            let loss =
                |m: MicroBatch| Loss::from((m.of(&samples()) - w.tensor()).square().mean(..)).named("mse");
            let metrics = in_parts(parts).minimize(&mut sgd(&w), loss).unwrap().read().unwrap();
            assert_eq!(
                metrics.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
                ["mse", "grad_norm"]
            );
        }
    }

    #[test]
    fn the_rate_follows_the_schedule_and_the_norm_is_bounded() {
        let (_, w) = stepped(&in_parts(1), |s| s.schedule(Schedule::Constant, 5));
        assert_eq!(w, [0.25, 0.35000000000000003]);
        let (metrics, w) = stepped(&in_parts(1), |s| s.bounded(1.0));
        let length = (w[0] * w[0] + w[1] * w[1]).sqrt();
        assert!((length - 0.5).abs() < 1e-12 && (w[1] / w[0] - 1.4).abs() < 1e-12, "{w:?}");
        assert!(metrics[2].1 > 4.0);
        assert_eq!(stepped(&in_parts(1), |s| s.bounded(9.0)).1, [1.25, 1.75]);
    }

    #[test]
    fn micro_batches_give_the_gradient_of_the_whole() {
        let (metrics, w) = stepped(&in_parts(2), |s| s);
        assert_eq!(w, [1.25, 1.75]);
        // Parts are means over the micro-batches: of 5 and 41.
        assert_eq!(metrics[..2], named([("loss", 15.0), ("largest", 23.0)]));
        assert_eq!(stepped(&in_parts(4), |s| s).1, [1.25, 1.75]);
    }

    #[test]
    fn terms_add_up_and_may_reach_some_of_the_parameters() {
        for count in [1, 2] {
            let [a, b] = [0, 1].map(|_| Param::new([0.0]));
            let params = vec![("a".to_owned(), a.clone()), ("b".to_owned(), b.clone())];
            let mut sgd = Sgd::new(params, 0.5);
            let cx = in_parts(count);
            let mut phases = cx.phases();
            let term = |m: MicroBatch, axis, param: &Param| {
                (m.of(&samples()).narrow(1, axis, 1) - param.tensor()).square().mean(..)
            };
            let phase = phases.phase("fit", &mut sgd);
            phase.term("x", |m| term(m, 0, &a)).term("y", |m| term(m, 1, &b)).finish().unwrap();
            assert_eq!([&a, &b].map(|p| p.tensor().to_f64_vec().unwrap()[0]), [1.25, 1.75]);
            let norm = (2.5f64 * 2.5 + 3.5 * 3.5).sqrt();
            let want = [("fit_loss", 15.0), ("fit_x", 9.75), ("fit_y", 5.25), ("fit_grad_norm", norm)];
            assert_eq!(phases.metrics().read().unwrap(), named(want));
        }
    }

    #[test]
    fn a_lazy_term_counts_as_often_as_it_was_left_out() {
        let w = Param::new([1.0]);
        for step in 0..4 {
            let cx = StepCtx::new(1, step);
            let before = w.tensor().to_f64_vec().unwrap()[0];
            let mut phases = cx.phases();
            let mut sgd = sgd(&w);
            let phase = phases.phase("", &mut sgd).term("one", |_| w.tensor().sum(..));
            phase.term_every(2, "lazy", |_| w.tensor().sum(..) * 10.0).finish().unwrap();
            let moved = before - w.tensor().to_f64_vec().unwrap()[0];
            assert_eq!(moved, if step % 2 == 1 { 0.5 * 21.0 } else { 0.5 });
        }
    }

    #[test]
    fn nothing_is_written_when_a_number_is_not_finite() {
        let w = Param::new([0.0, 0.0]);
        let cx = StepCtx::new(1, 0);
        // The loss is 0, but the slope of a root at 0 is not finite.
        let error = cx.minimize(&mut sgd(&w), |_| w.tensor().sqrt().sum(..)).unwrap_err();
        assert!(matches!(&error, StepError::NonFinite { name, .. } if name == "grad_norm"), "{error}");
        let error = cx.minimize(&mut sgd(&w), |_| w.tensor().ln().sum(..)).unwrap_err();
        assert_eq!(error.to_string(), "`loss` is -inf");
        assert_eq!(w.tensor().to_f64_vec().unwrap(), [0.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "a batch of 4 can't be split into 5 micro-batches")]
    fn more_micro_batches_than_samples_are_a_mistake() {
        let _ = stepped(&in_parts(5), |s| s);
    }

    #[test]
    fn in_a_partial_phase_a_parameter_may_be_in_no_term() {
        let [a, b] = [0, 1].map(|_| Param::new([3.0]));
        let mut sgd = Sgd::new(vec![("a".to_owned(), a.clone()), ("b".to_owned(), b.clone())], 0.5);
        let cx = StepCtx::new(1, 0);
        cx.phases().phase("fit", &mut sgd).partial(true).term("x", |_| a.tensor().sum(..)).finish().unwrap();
        assert_eq!([a, b].map(|p| p.tensor().to_f64_vec().unwrap()[0]), [2.5, 3.0]);
    }

    #[test]
    #[should_panic(expected = "no gradient for the parameter b: no term of fit_loss depends on it")]
    fn a_parameter_in_no_term_is_a_mistake() {
        let [a, b] = [0, 1].map(|_| Param::new([0.0]));
        let mut sgd = Sgd::new(vec![("a".to_owned(), a.clone()), ("b".to_owned(), b)], 0.5);
        let cx = StepCtx::new(1, 0);
        let _ = cx.phases().phase("fit", &mut sgd).term("x", |_| a.tensor().sum(..)).finish();
    }
}
