//! The residual denoiser DnCNN (Zhang et al., 2017), for images of any size.

use kiln_grad::Tensor;
use kiln_nn::layers::{Activation, BatchNorm, Conv2d, Sequential};
use kiln_nn::{Ctx, Module, StateVisitor, Stateful, TensorOptions};
use kiln_tensor::random::Key;

/// 3×3 convolutions with ReLU, batch norm in all but the first and the last, which keep the size: noisy images
/// `[n, c, h, w]` to the images without their noise. The layers compute the noise, which is taken off.
pub struct DnCnn(Sequential);

impl DnCnn {
    /// A network of `depth` convolutions, `width` channels between them, with fresh parameters.
    ///
    /// # Panics
    /// When the depth is below 3.
    #[track_caller]
    pub fn new(channels: usize, depth: usize, width: usize, key: Key, options: &TensorOptions) -> Self {
        assert!(depth >= 3, "DnCnn: a depth of {depth}; wanted at least 3");
        let conv = |i: usize, from, to| {
            let conv = Conv2d::new(from, to, 3, key.purpose(&i.to_string()), options).padding(1);
            if i == 0 { conv } else { conv.without_bias() }
        };
        let mut net = Sequential::new().add(conv(0, channels, width)).add(Activation::Relu);
        for i in 1..depth - 1 {
            net = net.add(conv(i, width, width)).add(BatchNorm::new(width, options)).add(Activation::Relu);
        }
        DnCnn(net.add(conv(depth - 1, width, channels)))
    }
}

impl Stateful for DnCnn {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.0.visit(v);
    }
}

impl Module for DnCnn {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        x - self.0.forward(x, cx)
    }
}
