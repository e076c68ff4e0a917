//! Batch norm whose scale and shift are those of a class.

use super::{BatchNorm, Embedding};
use crate::module::{Ctx, Module};
use crate::options::TensorOptions;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;
use kiln_tensor::random::Key;

/// Conditional batch norm (Dumoulin et al., 2017; de Vries et al., 2017) of `[n, channels, ..]`: each channel normalised
/// over the batch, then `gain[class] · x + bias[class]` by the class of each sample, which is that of the
/// [pass](Ctx::of_classes).
#[derive(Debug)]
pub struct ConditionalBatchNorm {
    norm: BatchNorm,
    gain: Embedding,
    bias: Embedding,
}

impl ConditionalBatchNorm {
    /// A layer whose gains start with 1 and shifts with 0, both `[classes, channels]`.
    #[track_caller]
    pub fn new(classes: usize, channels: usize, options: &TensorOptions) -> Self {
        // Any key: the numbers are replaced.
        let [gain, bias] = [0, 1].map(|_| Embedding::new(classes, channels, Key::new(0), options));
        gain.weight.set(options.ones([classes, channels]).into_array());
        bias.weight.set(options.zeros([classes, channels]).into_array());
        ConditionalBatchNorm { norm: BatchNorm::new(channels, options).without_affine(), gain, bias }
    }
}

impl Stateful for ConditionalBatchNorm {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.norm.visit(v);
        v.part("gain", &mut self.gain);
        v.part("bias", &mut self.bias);
    }
}

impl Module for ConditionalBatchNorm {
    /// # Panics
    /// When `x` has other channels, the pass has no classes, or, in training, there is one value per channel.
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let classes = cx.classes().expect("ConditionalBatchNorm: this pass has no classes").clone();
        let dims: Vec<usize> =
            x.dims().iter().enumerate().map(|(axis, len)| if axis < 2 { *len } else { 1 }).collect();
        let [gain, bias] =
            [&self.gain, &self.bias].map(|table| table.forward(&classes, cx).reshape(dims.clone()));
        self.norm.forward(x, cx) * gain + bias
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sample_has_the_scale_and_shift_of_its_class() {
        let options = TensorOptions::cpu_f64();
        let norm = ConditionalBatchNorm::new(3, 2, &options);
        let plain = BatchNorm::new(2, &options);
        let x = Tensor::normal(Key::new(1), [4, 2, 3], options.dtype, &options.device);
        let classes = Tensor::from([2_u32, 0, 2, 1]);
        let run = |norm: &dyn Module| {
            Ctx::train(Key::new(1))
                .of_classes(Some(&classes), |cx| norm.forward(&x, cx))
                .to_f64_vec()
                .unwrap()
        };
        assert_eq!(run(&norm), run(&plain));
        norm.gain.weight.set(Tensor::from([[1.0, 1.0], [1.0, 1.0], [3.0, 0.5]]).into_array());
        norm.bias.weight.set(Tensor::from([[0.0, 0.0], [0.0, 0.25], [1.0, 0.0]]).into_array());
        let (have, plain) = (run(&norm), run(&plain));
        for (i, (have, plain)) in have.into_iter().zip(plain).enumerate() {
            let (class, channel) = ([2, 0, 2, 1][i / 6], i / 3 % 2);
            let [gain, bias] =
                [[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.25]], [[3.0, 1.0], [0.5, 0.0]]][class]
                    [channel];
            assert!((have - (gain * plain + bias)).abs() < 1e-14, "{i}: {have}");
        }
    }

    #[test]
    #[should_panic(expected = "ConditionalBatchNorm: this pass has no classes")]
    fn a_pass_without_classes_is_a_mistake() {
        let options = TensorOptions::cpu_f64();
        let _ = ConditionalBatchNorm::new(3, 2, &options).forward(&options.ones([2, 2]), &mut Ctx::eval());
    }
}
