//! Images to codes and back, by a dense layer each way.

use kiln_grad::Tensor;
use kiln_nn::layers::{Activation, Linear};
use kiln_nn::{Ctx, Module, TensorOptions, stateful};
use kiln_tensor::random::Key;

/// Images `[n, c, h, w]` to codes `[n, width]`, and back to images in `[0, 1]`.
pub struct AutoencoderNet {
    encoder: Linear,
    decoder: Linear,
    shape: [usize; 3],
}

stateful!(AutoencoderNet: encoder, decoder);

impl AutoencoderNet {
    pub fn new(shape: [usize; 3], width: usize, key: Key, options: &TensorOptions) -> Self {
        let pixels = shape.iter().product();
        AutoencoderNet {
            encoder: Linear::new(pixels, width, key.purpose("encoder"), options),
            decoder: Linear::new(width, pixels, key.purpose("decoder"), options),
            shape,
        }
    }

    pub fn encode(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        self.encoder.activated(&x.flatten(1), Activation::Relu, cx)
    }

    pub fn decode(&self, codes: &Tensor, cx: &mut Ctx) -> Tensor {
        let [c, h, w] = self.shape;
        self.decoder.forward(codes, cx).sigmoid().reshape([codes.dims()[0], c, h, w])
    }
}
