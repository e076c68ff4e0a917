//! The variation within a batch, as a feature.

use crate::module::{Ctx, Module};
use crate::options::TensorOptions;
use crate::param::Buffer;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;
use kiln_tensor::{Map, Zip};

/// Number of samples whose variation is taken together, at most.
const GROUP: usize = 4;

/// Added to a variance under the root.
const EPS: f64 = 1e-8;

/// What a new batch has in the running mean.
const MOMENTUM: f64 = 0.1;

/// Minibatch standard deviation (Karras et al., 2018): one more channel for `[n, c, ..]`, which says how much samples
/// differ. Its value for a sample is the mean, over all channels and positions, of the standard deviation within its
/// group of 4 samples: `i`, `i + n/4`, `i + 2n/4`, `i + 3n/4`. (Of a batch that 4 doesn't divide, groups of 3 or 2, or else the whole batch.) A
/// discriminator sees by it when a generator makes the same image again and again.
///
/// In use a sample's features must not depend on those beside it: the channel is then the mean of what it was in training.
#[derive(Debug)]
pub struct MinibatchStd {
    running: Buffer,
}

impl MinibatchStd {
    /// A layer whose running mean is 1.
    pub fn new(options: &TensorOptions) -> Self {
        MinibatchStd { running: Buffer::new(options.ones([1]).into_array()) }
    }
}

impl Stateful for MinibatchStd {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.buffer("running_std", &self.running);
    }
}

impl Module for MinibatchStd {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let (dims, n) = (*x.dims(), x.dims()[0]);
        assert!(dims.rank() >= 2 && n > 0, "MinibatchStd: got {dims}; wanted [n, c, ..]");
        let mut channel = dims.with(1, 1);
        if !cx.is_training() {
            let value = self.running.tensor().reshape(vec![1; dims.rank()]);
            return Tensor::concat(&[x, &value.broadcast_to(channel)], 1);
        }
        let group = (2..=GROUP).rev().find(|group| n.is_multiple_of(*group)).unwrap_or(n);
        let grouped = x.reshape([group, n / group, x.numel() / n]);
        let std = (grouped.var(0, 0.0) + EPS).sqrt().mean(1);
        if cx.records_statistics() {
            let new = std.detach().mean(..).reshape([1]).into_array();
            self.running.update(|running| {
                *running = running
                    .map(Map::MulScalar(1.0 - MOMENTUM))
                    .zip(Zip::Add, &new.map(Map::MulScalar(MOMENTUM)));
            });
        }
        channel = channel.iter().enumerate().map(|(axis, len)| if axis == 0 { n } else { *len }).collect();
        let ones: Vec<usize> = std::iter::once(n).chain(std::iter::repeat_n(1, dims.rank() - 1)).collect();
        Tensor::concat(&[x, &std.tile(&[group]).reshape(ones).broadcast_to(channel)], 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;
    use kiln_tensor::random::Key;

    fn train() -> Ctx {
        Ctx::train(Key::new(1))
    }

    /// Groups of samples half a batch apart, against PyTorch 2.15 by StyleGAN2's formula, for 6 samples in groups of 3.
    #[test]
    fn the_channel_is_the_deviation_within_a_group() {
        let values: Vec<f64> = (0..12).map(|i| f64::from(i * i % 7) * 0.5 - 1.0).collect();
        let x = Tensor::from_slice(&values, [6, 2, 1, 1], &TensorOptions::cpu_f64().device).tracked();
        let layer = MinibatchStd::new(&TensorOptions::cpu_f64());
        let y = layer.forward(&x, &mut train());
        assert_eq!(y.dims()[..], [6, 3, 1, 1]);
        let close = |have: &Tensor, want: &[f64]| {
            let have = have.to_f64_vec().unwrap();
            assert!(have.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12), "{have:?}, not {want:?}");
        };
        let channel = [
            0.5576775454844634,
            0.5475070519388969,
            0.5576775454844634,
            0.5475070519388969,
            0.5576775454844634,
            0.5475070519388969,
        ];
        close(&y.narrow(1, 2, 1), &channel);
        let weights = Tensor::from([1.0, -2.0, 0.5, 3.0, 1.5, -0.25]).reshape([6, 1, 1, 1]);
        close(
            &grad((y.narrow(1, 2, 1) * weights).sum(..), &[&x])[0],
            &[
                -0.6123724173246223,
                -0.7071067741154798,
                0.16703827404763033,
                0.08838834565958069,
                0.6123724173246223,
                0.3535533870577399,
                -0.13363061923810426,
                -0.17677669131916138,
                0.0,
                0.3535533870577399,
                -0.033407654809526066,
                0.08838834565958069,
            ],
        );
        // A tenth of the way from 1 to the mean.
        close(&layer.running.tensor(), &[0.9 + 0.1 * (channel[0] + channel[1]) / 2.0]);
    }

    #[test]
    fn in_use_a_sample_does_not_depend_on_those_beside_it() {
        let options = TensorOptions::cpu_f64();
        let layer = MinibatchStd::new(&options);
        let x = Tensor::normal(Key::new(2), [4, 3, 2, 2], options.dtype, &options.device);
        let _ = layer.forward(&x, &mut train());
        let before = layer.running.tensor().to_f64_vec().unwrap();
        let all = layer.forward(&x, &mut Ctx::eval());
        let alone = layer.forward(&x.narrow(0, 2, 1), &mut Ctx::eval());
        assert_eq!(all.narrow(0, 2, 1).to_f64_vec().unwrap(), alone.to_f64_vec().unwrap());
        // A pass that only passes gradients on records nothing.
        let _ = train().frozen(|cx| layer.forward(&x, cx));
        assert_eq!(before, layer.running.tensor().to_f64_vec().unwrap());
    }
}
