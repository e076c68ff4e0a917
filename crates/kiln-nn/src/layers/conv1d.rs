//! The convolution of sequences.

use super::{Activation, add_channels, add_channels_then, start, visit_weights};
use crate::module::{Ctx, Module};
use crate::options::TensorOptions;
use crate::param::Param;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::{Conv, Tensor};
use kiln_tensor::random::Key;

/// From sequences `[n, inputs, length]` to `[n, outputs, out]`, with
/// `out = (length + 2·padding − dilation·(kernel − 1) − 1) / stride + 1`.
#[derive(Debug)]
pub struct Conv1d {
    /// `[outputs, inputs/groups, kernel]`.
    pub weight: Param,
    /// `[outputs]`.
    pub bias: Option<Param>,
    options: Conv,
    key: Key,
}

impl Conv1d {
    /// A layer with a bias, stride 1 and no padding. Weight and bias start in `U(±1/√(inputs·kernel))`.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, kernel: usize, key: Key, options: &TensorOptions) -> Self {
        let (weight, bias) = start(key, [outputs, inputs, kernel].into(), outputs, options);
        Conv1d { weight, bias: Some(bias), options: Conv::default(), key }
    }

    /// Without a bias, as in front of a norm layer.
    #[must_use]
    pub fn without_bias(self) -> Self {
        Conv1d { bias: None, ..self }
    }

    /// The distance between neighbouring windows.
    #[must_use]
    pub fn stride(self, stride: usize) -> Self {
        Conv1d { options: self.options.stride(stride), ..self }
    }

    /// Zeros put before and after the sequence.
    #[must_use]
    pub fn padding(self, padding: usize) -> Self {
        Conv1d { options: self.options.padding(padding), ..self }
    }

    /// The distance between neighbouring cells of a window.
    #[must_use]
    pub fn dilation(self, dilation: usize) -> Self {
        Conv1d { options: self.options.dilation(dilation), ..self }
    }

    /// Cuts the channels into independent groups. The weight gets the dims for it, and start values by
    /// its own fan-in.
    ///
    /// # Panics
    /// When the channels can't be cut into so many groups.
    #[must_use]
    #[track_caller]
    pub fn groups(self, groups: usize) -> Self {
        let [outputs, per_group, kernel] = [0, 1, 2].map(|axis| self.weight.dims()[axis]);
        let inputs = per_group * self.options.groups;
        assert!(
            groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups),
            "Conv1d: {inputs} and {outputs} channels can't be cut into {groups} groups"
        );
        let options = TensorOptions::of(&self.weight.tensor());
        let (weight, bias) = start(self.key, [outputs, inputs / groups, kernel].into(), outputs, &options);
        let bias = self.bias.as_ref().and(Some(bias));
        Conv1d { weight, bias, options: self.options.groups(groups), ..self }
    }
}

impl Conv1d {
    /// Without the bias.
    #[track_caller]
    fn convolved(&self, x: &Tensor) -> Tensor {
        let weight = self.weight.tensor();
        x.conv1d(&weight, self.options)
    }
}

impl Stateful for Conv1d {
    fn visit(&mut self, v: &mut StateVisitor) {
        visit_weights(v, &self.weight, None, self.bias.as_ref());
    }
}

impl Module for Conv1d {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        add_channels(self.convolved(x), self.bias.as_ref())
    }

    fn forward_then(&self, x: &Tensor, activation: Activation, _: &mut Ctx) -> Option<Tensor> {
        add_channels_then(|| self.convolved(x), self.bias.as_ref(), activation)
    }
}
