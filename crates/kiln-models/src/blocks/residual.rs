//! Residual blocks of SNGAN (Miyato et al., 2018), which double or halve the size of maps.

use crate::nets::spectral_conv;
use kiln_grad::{Tensor, Window};
use kiln_nn::layers::{Activation, Conv2d};
use kiln_nn::{Ctx, Module, StateVisitor, Stateful, TensorOptions, init};
use kiln_tensor::random::Key;

/// A convolution of Glorot's start with this gain, and a bias of 0.
fn conv(from: usize, to: usize, size: usize, gain: f64, key: Key, options: &TensorOptions) -> Conv2d {
    let conv = Conv2d::new(from, to, size, key, options).padding(size / 2);
    conv.weight.set(init::xavier_uniform(key, conv.weight.dims(), gain, options).into_array());
    if let Some(bias) = &conv.bias {
        bias.set(options.zeros([to]).into_array());
    }
    conv
}

/// The gain in front of a ReLU.
const RELU: f64 = std::f64::consts::SQRT_2;

/// Maps twice as large: norm, ReLU, nearest upsampling, 3×3, norm, ReLU, 3×3, beside a 1×1 convolution and upsampling.
pub struct UpBlock {
    norm1: Box<dyn Module>,
    conv1: Conv2d,
    norm2: Box<dyn Module>,
    conv2: Conv2d,
    shortcut: Conv2d,
}

impl UpBlock {
    /// From so many channels to so many, with norms that `norm` makes for a number of channels.
    pub fn new(
        from: usize,
        to: usize,
        norm: impl Fn(usize) -> Box<dyn Module>,
        spectral: bool,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        let conv = |from, to, size, gain, name: &str| {
            spectral_conv(conv(from, to, size, gain, key.purpose(name), options), spectral)
        };
        UpBlock {
            norm1: norm(from),
            conv1: conv(from, to, 3, RELU, "conv1"),
            norm2: norm(to),
            conv2: conv(to, to, 3, RELU, "conv2"),
            shortcut: conv(from, to, 1, 1.0, "shortcut"),
        }
    }
}

impl Stateful for UpBlock {
    fn visit(&mut self, v: &mut StateVisitor) {
        let UpBlock { norm1, conv1, norm2, conv2, shortcut } = self;
        v.part("norm1", &mut **norm1);
        v.part("conv1", conv1);
        v.part("norm2", &mut **norm2);
        v.part("conv2", conv2);
        v.part("shortcut", shortcut);
    }
}

impl Module for UpBlock {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let double = |x: &Tensor| x.resize_nearest([2 * x.dims()[2], 2 * x.dims()[3]]);
        let y = double(&self.norm1.activated(x, Activation::Relu, cx));
        let y = cx.part("conv1", &self.conv1, &y);
        let y = self.norm2.activated(&y, Activation::Relu, cx);
        // A 1×1 convolution is the same before and behind the upsampling, and before it costs a quarter.
        cx.part("conv2", &self.conv2, &y) + double(&cx.part("shortcut", &self.shortcut, x))
    }
}

/// Maps of the same size or half of it: ReLU, 3×3, ReLU, 3×3, mean of 2×2, beside a 1×1 convolution and that mean. The
/// block behind the image has no ReLU in front.
pub struct DownBlock {
    conv1: Conv2d,
    conv2: Conv2d,
    shortcut: Option<Conv2d>,
    is_first: bool,
    halves: bool,
}

impl DownBlock {
    /// From so many channels to so many. The shortcut of a block that changes nothing in form is the identity.
    pub fn new(
        from: usize,
        to: usize,
        is_first: bool,
        halves: bool,
        spectral: bool,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        let conv = |from, to, size, gain, name: &str| {
            spectral_conv(conv(from, to, size, gain, key.purpose(name), options), spectral)
        };
        DownBlock {
            conv1: conv(from, to, 3, RELU, "conv1"),
            conv2: conv(to, to, 3, RELU, "conv2"),
            shortcut: (from != to || halves).then(|| conv(from, to, 1, 1.0, "shortcut")),
            is_first,
            halves,
        }
    }
}

impl Stateful for DownBlock {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("conv1", &mut self.conv1);
        v.part("conv2", &mut self.conv2);
        if let Some(shortcut) = &mut self.shortcut {
            v.part("shortcut", shortcut);
        }
    }
}

impl Module for DownBlock {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let halved = |x: &Tensor| if self.halves { x.avg_pool2d(Window::new(2)) } else { x.clone() };
        let y = if self.is_first { x.clone() } else { x.relu() };
        let y = self.conv1.activated(&y, Activation::Relu, cx);
        let y = halved(&cx.part("conv2", &self.conv2, &y));
        // Both are linear, so their order is free; pooled maps cost a quarter.
        let beside = halved(x);
        match &self.shortcut {
            Some(shortcut) => y + cx.part("shortcut", shortcut, &beside),
            None => y + beside,
        }
    }
}
