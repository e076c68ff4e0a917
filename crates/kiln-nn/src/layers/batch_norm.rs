//! Batch norm.

use super::{Activation, Affine, unit_affine};
use crate::module::{Ctx, Module};
use crate::options::TensorOptions;
use crate::param::Buffer;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::ops::BatchStats;
use kiln_grad::{Array, Tensor};
use kiln_tensor::Map;
use std::sync::atomic::{AtomicU64, Ordering};

/// Batch norm (Ioffe and Szegedy, 2015) of `[n, channels, ..]`, PyTorch's `BatchNorm1d`, `2d` and `3d` in
/// one: per channel `(x − mean) / √(var + eps) · weight + bias`.
///
/// In training, mean and variance (correction 0) are the batch's, gradients flow through them, and the
/// running statistics move by `running ← (1 − momentum)·running + momentum·batch`, the variance with
/// correction 1. Otherwise the running statistics are used, and nothing changes.
#[derive(Debug)]
pub struct BatchNorm {
    affine: Option<Affine>,
    running_mean: Buffer,
    running_var: Buffer,
    // `forward` counts with only a shared reference.
    batches: AtomicU64,
    eps: f64,
    momentum: f64,
}

impl BatchNorm {
    /// A layer with weight 1, bias 0, running mean 0 and variance 1, all `[channels]`; eps 1e-5 and
    /// momentum 0.1.
    #[track_caller]
    pub fn new(channels: usize, options: &TensorOptions) -> Self {
        BatchNorm {
            affine: Some(unit_affine([channels].into(), options)),
            running_mean: Buffer::new(options.zeros([channels]).into_array()),
            running_var: Buffer::new(options.ones([channels]).into_array()),
            batches: AtomicU64::new(0),
            eps: 1e-5,
            momentum: 0.1,
        }
    }

    /// Without weight and bias.
    #[must_use]
    pub fn without_affine(self) -> Self {
        BatchNorm { affine: None, ..self }
    }

    /// What is added to the variance to keep the division finite.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        BatchNorm { eps, ..self }
    }

    /// How much of a new batch goes into the running statistics, in `[0, 1]`.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        BatchNorm { momentum, ..self }
    }

    /// The running mean, `[channels]`.
    pub fn running_mean(&self) -> &Buffer {
        &self.running_mean
    }

    /// The running variance, `[channels]`.
    pub fn running_var(&self) -> &Buffer {
        &self.running_var
    }

    #[track_caller]
    fn check(&self, x: &Tensor) {
        let (dims, channels) = (x.dims(), self.running_mean.array().numel());
        assert!(dims.rank() >= 2 && dims[1] == channels, "BatchNorm: got {dims}; wanted [n, {channels}, ..]");
    }

    /// By the statistics of this batch, which are recorded.
    #[track_caller]
    fn by_batch(&self, x: &Tensor, activation: kiln_tensor::Activation, cx: &Ctx) -> Tensor {
        self.check(x);
        let dims = x.dims();
        let per_channel: usize = dims.iter().enumerate().filter(|(i, _)| *i != 1).map(|(_, d)| d).product();
        assert!(
            per_channel > 1,
            "BatchNorm: {dims} has {per_channel} values per channel; training needs more than one"
        );
        let affine = self.affine.as_ref().map(Affine::tensors);
        let affine = affine.as_ref().map(|(weight, bias)| (weight, bias));
        let (y, stats) = x.batch_norm_then(affine, self.eps, activation);
        if cx.is_calibrating() {
            self.record(&stats, 1.0);
        } else if cx.records_statistics() {
            self.record(&stats, self.momentum);
            self.batches.fetch_add(1, Ordering::Relaxed);
        }
        y
    }

    /// Moves the running statistics by `momentum` towards those of a batch.
    fn record(&self, stats: &BatchStats, momentum: f64) {
        let unbiased = stats.count as f64 / (stats.count as f64 - 1.0);
        self.running_mean.update(|running| blend(running, stats.mean.array(), 1.0 - momentum, momentum));
        self.running_var
            .update(|running| blend(running, stats.var.array(), 1.0 - momentum, momentum * unbiased));
    }
}

/// `running ← keep·running + take·new`.
fn blend(running: &mut Array, new: &Array, keep: f64, take: f64) {
    let mut sum = new.map(Map::MulScalar(take));
    // Nothing times infinity would be no number.
    if keep != 0.0 {
        sum.accumulate(&running.map(Map::MulScalar(keep)));
    }
    *running = sum;
}

impl Stateful for BatchNorm {
    fn visit(&mut self, v: &mut StateVisitor) {
        if let Some(affine) = &self.affine {
            affine.visit(v);
        }
        v.buffer("running_mean", &self.running_mean);
        v.buffer("running_var", &self.running_var);
        v.count("num_batches_tracked", self.batches.get_mut());
    }
}

impl Module for BatchNorm {
    /// # Panics
    /// When `x` has other channels, or, in training, one value per channel: its variance is 0.
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        if cx.is_training() || cx.is_calibrating() {
            return self.by_batch(x, kiln_tensor::Activation::Identity, cx);
        }
        self.check(x);
        let affine = self.affine.as_ref().map(Affine::tensors);
        let affine = affine.as_ref().map(|(weight, bias)| (weight, bias));
        x.batch_norm_by(&self.running_mean.tensor(), &self.running_var.tensor(), affine, self.eps)
    }

    fn forward_then(&self, x: &Tensor, activation: Activation, cx: &mut Ctx) -> Option<Tensor> {
        let by_batch = cx.is_training() || cx.is_calibrating();
        activation.fused().filter(|_| by_batch).map(|activation| self.by_batch(x, activation, cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{StateDict, StateValue, save};
    use kiln_tensor::random::Key;

    fn train() -> Ctx {
        Ctx::train(Key::new(1))
    }

    /// `[2, 2, 2]`: channel 0 holds 1, 2, 3, 6 and channel 1 holds −1, 0, 1, 0.
    fn batch() -> Tensor {
        Tensor::from([[1.0, 2.0, -1.0, 0.0], [3.0, 6.0, 1.0, 0.0]]).reshape([2, 2, 2])
    }

    fn numbers(state: &StateDict) -> Vec<f64> {
        let number = |value: &StateValue| match value {
            StateValue::Tensor(array) => array.to_f64_vec().unwrap(),
            StateValue::Count(count) => vec![*count as f64],
            StateValue::Number(number) => vec![*number],
            StateValue::Text(_) => Vec::new(),
        };
        state.values().flat_map(number).collect()
    }

    #[test]
    fn calibration_forgets_what_was() {
        let [norm, fresh] = [0, 1].map(|_| BatchNorm::new(2, &TensorOptions::cpu_f64()));
        let _ = norm.forward(&(batch() * 5.0), &mut train());
        for norm in [&norm, &fresh] {
            let _ = norm.forward(&batch(), &mut Ctx::calibrate());
        }
        let statistics =
            |n: &BatchNorm| [n.running_mean(), n.running_var()].map(|b| b.tensor().to_f64_vec().unwrap());
        assert_eq!(statistics(&norm), statistics(&fresh));
        // Means 3 and 0, variances with correction 1: 14/3 and 2/3.
        let want = [3.0, 0.0, 14.0 / 3.0, 2.0 / 3.0];
        for (have, want) in statistics(&norm).concat().into_iter().zip(want) {
            assert!((have - want).abs() < 1e-14, "{have} instead of {want}");
        }
        assert_eq!([norm, fresh].map(|mut n| *n.batches.get_mut()), [1, 0]);
    }

    #[test]
    fn running_statistics() {
        let mut norm = BatchNorm::new(2, &TensorOptions::cpu_f64());
        let y = norm.forward(&batch(), &mut train());
        // Means 3 and 0, variances with correction 0: 14/4 and 2/4.
        let first = y.to_f64_vec().unwrap()[0];
        assert!((first - (1.0 - 3.0) / (3.5f64 + 1e-5).sqrt()).abs() < 1e-14, "{first}");
        let close = |have: &Buffer, want: [f64; 2]| {
            let have = have.array().to_f64_vec().unwrap();
            assert!(have.iter().zip(want).all(|(h, w)| (h - w).abs() < 1e-14), "{have:?} {want:?}");
        };
        close(norm.running_mean(), [0.3, 0.0]);
        // With correction 1 the variances are 14/3 and 2/3.
        close(norm.running_var(), [0.9 + 1.4 / 3.0, 0.9 + 0.2 / 3.0]);
        let _ = norm.forward(&(batch() + 1.0), &mut train());
        close(norm.running_mean(), [0.9 * 0.3 + 0.4, 0.1]);
        let names: Vec<String> = save(&mut norm).into_keys().collect();
        assert_eq!(names, ["bias", "num_batches_tracked", "running_mean", "running_var", "weight"]);
        assert!(matches!(save(&mut norm)["num_batches_tracked"], StateValue::Count(2)));
    }

    #[test]
    fn a_frozen_layer_uses_the_batch_and_records_nothing() {
        let mut norm = BatchNorm::new(2, &TensorOptions::cpu_f64());
        let before = numbers(&save(&mut norm));
        let y = train().frozen(|cx| norm.forward(&batch(), cx));
        assert_eq!(before, numbers(&save(&mut norm)));
        let want = norm.forward(&batch(), &mut train());
        assert_eq!(y.to_f64_vec().unwrap(), want.to_f64_vec().unwrap());
        assert_ne!(before, numbers(&save(&mut norm)));
    }

    #[test]
    fn evaluation_changes_nothing() {
        let mut norm = BatchNorm::new(2, &TensorOptions::cpu_f64()).eps(0.0);
        let _ = norm.forward(&batch(), &mut train());
        let before = numbers(&save(&mut norm));
        let y = norm.forward(&batch(), &mut Ctx::eval()).to_f64_vec().unwrap();
        assert_eq!(before, numbers(&save(&mut norm)));
        let want = (1.0 - 0.3) / (0.9f64 + 1.4 / 3.0).sqrt();
        assert!((y[0] - want).abs() < 1e-14, "{} {want}", y[0]);
    }

    #[test]
    fn an_activation_in_the_same_passes_changes_nothing_else() {
        let [mut together, mut apart] = [0, 1].map(|_| BatchNorm::new(2, &TensorOptions::cpu_f64()));
        let f = Activation::LeakyRelu(0.2);
        let y = together.forward_then(&batch(), f, &mut train()).unwrap();
        let want = f.apply(&apart.forward(&batch(), &mut train()));
        assert_eq!(y.to_f64_vec().unwrap(), want.to_f64_vec().unwrap());
        assert_eq!(numbers(&save(&mut together)), numbers(&save(&mut apart)));
        // With running statistics, and for other functions, it leaves the work to others, untouched.
        assert!(together.forward_then(&batch(), f, &mut Ctx::eval()).is_none());
        assert!(together.forward_then(&batch(), Activation::Tanh, &mut train()).is_none());
        assert_eq!(numbers(&save(&mut together)), numbers(&save(&mut apart)));
    }

    #[test]
    fn gradients_flow_through_the_batch_statistics() {
        let norm = BatchNorm::new(2, &TensorOptions::cpu_f64()).without_affine();
        let x = batch().tracked();
        let y = norm.forward(&x, &mut train());
        // The sum of a normalised channel is 0 whatever x is.
        let slope = kiln_grad::grad(y.sum(..), &[&x]).remove(0).to_f64_vec().unwrap();
        assert!(slope.iter().all(|s| s.abs() < 1e-14), "{slope:?}");
    }

    #[test]
    #[should_panic(expected = "BatchNorm: [1, 2] has 1 values per channel")]
    fn one_value_per_channel() {
        let _ = BatchNorm::new(2, &TensorOptions::cpu_f32())
            .forward(&TensorOptions::cpu_f32().zeros([1, 2]), &mut train());
    }
}
