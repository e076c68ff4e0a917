//! The convolution of images.

use super::{Activation, SpectralNorm, add_channels, add_channels_then, effective, start, visit_weights};
use crate::module::{Ctx, Module};
use crate::options::TensorOptions;
use crate::param::Param;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;
use kiln_grad::ops::Conv;
use kiln_tensor::Pair;
use kiln_tensor::random::Key;

/// From images `[n, inputs, h, w]` to `[n, outputs, oh, ow]`, with
/// `oh = (h + 2·padding − dilation·(kernel − 1) − 1) / stride + 1`.
#[derive(Debug)]
pub struct Conv2d {
    /// `[outputs, inputs/groups, kh, kw]`.
    pub weight: Param,
    /// `[outputs]`.
    pub bias: Option<Param>,
    spectral: Option<SpectralNorm>,
    options: Conv,
    key: Key,
}

impl Conv2d {
    /// A layer with a bias, stride 1 and no padding; `kernel` is the window's size, one number or
    /// `[height, width]`. Weight and bias start in `U(±1/√(inputs·kh·kw))`.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, kernel: impl Pair, key: Key, options: &TensorOptions) -> Self {
        let [kh, kw] = kernel.pair();
        let (weight, bias) = start(key, [outputs, inputs, kh, kw].into(), outputs, options);
        Conv2d { weight, bias: Some(bias), spectral: None, options: Conv::default(), key }
    }

    /// Without a bias, as in front of a norm layer.
    #[must_use]
    pub fn without_bias(self) -> Self {
        Conv2d { bias: None, ..self }
    }

    /// The distance between neighbouring windows.
    #[must_use]
    pub fn stride(self, stride: impl Pair) -> Self {
        Conv2d { options: self.options.stride(stride), ..self }
    }

    /// Zeros put around the image.
    #[must_use]
    pub fn padding(self, padding: impl Pair) -> Self {
        Conv2d { options: self.options.padding(padding), ..self }
    }

    /// The distance between neighbouring cells of a window.
    #[must_use]
    pub fn dilation(self, dilation: impl Pair) -> Self {
        Conv2d { options: self.options.dilation(dilation), ..self }
    }

    /// Cuts the channels into independent groups. The weight gets the dims for it, and start values by
    /// its own fan-in.
    ///
    /// # Panics
    /// When the channels can't be cut into so many groups.
    #[must_use]
    #[track_caller]
    pub fn groups(self, groups: usize) -> Self {
        let [outputs, per_group, kh, kw] = [0, 1, 2, 3].map(|axis| self.weight.dims()[axis]);
        let inputs = per_group * self.options.groups;
        assert!(self.spectral.is_none(), "Conv2d: say groups before the spectral norm");
        assert!(
            groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups),
            "Conv2d: {inputs} and {outputs} channels can't be cut into {groups} groups"
        );
        let options = TensorOptions::of(&self.weight.tensor());
        let (weight, bias) = start(self.key, [outputs, inputs / groups, kh, kw].into(), outputs, &options);
        let bias = self.bias.and(Some(bias));
        Conv2d { weight, bias, spectral: None, options: self.options.groups(groups), key: self.key }
    }

    /// With spectral norm: the weight is divided by its largest singular value. To be said last.
    #[must_use]
    #[track_caller]
    pub fn spectral(self) -> Self {
        let spectral = Some(SpectralNorm::new(&self.weight, 0));
        Conv2d { spectral, ..self }
    }
}

impl Stateful for Conv2d {
    fn visit(&mut self, v: &mut StateVisitor) {
        visit_weights(v, &self.weight, self.spectral.as_ref(), self.bias.as_ref());
    }
}

impl Module for Conv2d {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let weight = effective(&self.weight, self.spectral.as_ref(), cx);
        add_channels(x.conv2d(&weight, self.options), self.bias.as_ref())
    }

    fn forward_then(&self, x: &Tensor, activation: Activation, cx: &mut Ctx) -> Option<Tensor> {
        let y = || x.conv2d(&effective(&self.weight, self.spectral.as_ref(), cx), self.options);
        add_channels_then(y, self.bias.as_ref(), activation)
    }
}
