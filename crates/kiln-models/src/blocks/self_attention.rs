//! Self-attention between the places of an image.

use crate::nets::spectral_conv;
use kiln_grad::{Tensor, Window};
use kiln_nn::layers::Conv2d;
use kiln_nn::{Ctx, Module, Param, StateVisitor, Stateful, TensorOptions};
use kiln_tensor::random::Key;

/// Self-attention of SAGAN (Zhang et al., 2019) on maps `[n, c, h, w]`: `x + γ·o(softmax(θ(x)ᵀφ(x))·g(x))`, where θ and φ
/// are 1×1 convolutions to an eighth of the channels, g to half of them and o back; φ and g look at maps pooled by
/// 2×2. γ starts at 0, so that a network begins with what is near. No bias, no scale in front of the softmax.
pub struct SelfAttention {
    theta: Conv2d,
    phi: Conv2d,
    g: Conv2d,
    o: Conv2d,
    gamma: Param,
}

impl SelfAttention {
    /// For maps of so many channels, whose sides are even.
    pub fn new(channels: usize, spectral: bool, key: Key, options: &TensorOptions) -> Self {
        let (few, half) = ((channels / 8).max(1), (channels / 2).max(1));
        let conv = |from, to, name: &str| {
            spectral_conv(Conv2d::new(from, to, 1, key.purpose(name), options).without_bias(), spectral)
        };
        SelfAttention {
            theta: conv(channels, few, "theta"),
            phi: conv(channels, few, "phi"),
            g: conv(channels, half, "g"),
            o: conv(half, channels, "o"),
            gamma: Param::new(options.zeros([1])),
        }
    }
}

impl Stateful for SelfAttention {
    fn visit(&mut self, v: &mut StateVisitor) {
        let SelfAttention { theta, phi, g, o, gamma } = self;
        v.part("theta", theta);
        v.part("phi", phi);
        v.part("g", g);
        v.part("o", o);
        v.param("gamma", gamma);
    }
}

impl Module for SelfAttention {
    /// # Panics
    /// When `x` has other channels, or not four axes.
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let [n, _, h, w] = [0, 1, 2, 3].map(|axis| x.dims()[axis]);
        let rows = |maps: Tensor| maps.flatten(2);
        let pooled = |maps: Tensor| rows(maps.max_pool2d(Window::new(2)));
        let theta = rows(cx.part("theta", &self.theta, x));
        let phi = pooled(cx.part("phi", &self.phi, x));
        let g = pooled(cx.part("g", &self.g, x));
        let weights = theta.transpose(1, 2).matmul(&phi).softmax(-1);
        let seen = g.matmul(&weights.transpose(1, 2));
        let seen = seen.reshape([n, self.g.weight.dims()[0], h, w]);
        x + cx.part("o", &self.o, &seen) * self.gamma.tensor()
    }
}
