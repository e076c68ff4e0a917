//! Layers with an equalised learning rate (Karras et al., 2018): weights are of `N(0, 1)`, and divided by `√fan_in` where
//! they are used, so that steps of one length change all layers alike.

use kiln_grad::Tensor;
use kiln_grad::ops::Conv;
use kiln_nn::{Ctx, Module, Param, StateVisitor, Stateful, TensorOptions, init};
use kiln_tensor::random::Key;

/// The slope of leaky ReLU for negative numbers.
const SLOPE: f64 = 0.2;

/// `√2 · leaky_relu(x)`, which keeps the scale of normal numbers about as it is.
pub fn scaled_leaky_relu(x: &Tensor) -> Tensor {
    x.leaky_relu(SLOPE) * std::f64::consts::SQRT_2
}

/// Each place's vector of channels, `[n, c, ..]`, scaled to a mean square of 1.
pub fn pixel_norm(x: &Tensor) -> Tensor {
    x * (x.square().mean_keepdim(1) + 1e-8).rsqrt()
}

/// A dense layer: `y = x·(rate·weight/√inputs)ᵀ + rate·bias`.
pub struct EqualisedLinear {
    weight: Param,
    bias: Param,
    rate: f64,
}

impl EqualisedLinear {
    /// A layer whose bias starts with `bias`, and that learns at `rate` times the rate of others.
    pub fn new(
        inputs: usize,
        outputs: usize,
        bias: f64,
        rate: f64,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        EqualisedLinear {
            weight: Param::new(init::normal(key, [outputs, inputs], 0.0, 1.0 / rate, options)),
            bias: Param::new(options.full(bias / rate, [outputs])),
            rate,
        }
    }
}

impl Stateful for EqualisedLinear {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.param("weight", &self.weight);
        v.param("bias", &self.bias);
    }
}

impl Module for EqualisedLinear {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        let inputs = self.weight.dims()[1] as f64;
        let weight = self.weight.tensor() * (self.rate / inputs.sqrt());
        x.linear(&weight, &(self.bias.tensor() * self.rate))
    }
}

/// A convolution that keeps the size of images: `conv(x, weight/√fan_in) + bias`.
pub struct EqualisedConv2d {
    weight: Param,
    bias: Param,
    padding: usize,
}

impl EqualisedConv2d {
    /// A layer of odd `kernel`, whose bias starts with 0.
    pub fn new(inputs: usize, outputs: usize, kernel: usize, key: Key, options: &TensorOptions) -> Self {
        EqualisedConv2d {
            weight: Param::new(init::normal(key, [outputs, inputs, kernel, kernel], 0.0, 1.0, options)),
            bias: Param::new(options.zeros([outputs])),
            padding: kernel / 2,
        }
    }
}

impl Stateful for EqualisedConv2d {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.param("weight", &self.weight);
        v.param("bias", &self.bias);
    }
}

impl Module for EqualisedConv2d {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        let (fan_in, _) = init::fans(&self.weight.dims());
        let weight = self.weight.tensor() * (1.0 / (fan_in as f64).sqrt());
        x.conv2d(&weight, Conv::default().padding(self.padding)).bias(&self.bias.tensor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Normal numbers in, normal numbers out, whatever the width and the rate.
    #[test]
    fn the_scale_stays() {
        let options = TensorOptions::cpu_f64();
        let deviation = |y: &Tensor| y.square().mean(..).sqrt().item().unwrap();
        let x = Tensor::normal(Key::new(1), [64, 50], options.dtype, &options.device);
        for rate in [1.0, 0.01] {
            let layer = EqualisedLinear::new(50, 80, 0.0, rate, Key::new(2), &options);
            let y = deviation(&layer.forward(&x, &mut Ctx::eval()));
            assert!((0.9..1.1).contains(&y), "{y}");
        }
        let x = Tensor::normal(Key::new(1), [2, 30, 12, 12], options.dtype, &options.device);
        let conv = EqualisedConv2d::new(30, 40, 1, Key::new(3), &options);
        let y = deviation(&conv.forward(&x, &mut Ctx::eval()));
        assert!((0.85..1.15).contains(&y), "{y}");
        assert!((deviation(&pixel_norm(&(&x * 7.0))) - 1.0).abs() < 1e-9);
    }
}
