//! The autoencoder of dense layers, for images of any size.

use super::Autoencoder;
use kiln_grad::{Tensor, scope};
use kiln_nn::layers::{Activation, Linear};
use kiln_nn::{Ctx, Module, TensorOptions, stateful};
use kiln_tensor::random::Key;

/// pixels-hidden-latent and back, with the names of PyTorch's example.
pub struct MlpAutoencoder {
    fc1: Linear,
    fc21: Linear,
    fc22: Linear,
    fc3: Linear,
    fc4: Linear,
    shape: [usize; 3],
}

impl MlpAutoencoder {
    /// A network for images of `shape` `[c, h, w]` with fresh parameters.
    pub fn new(shape: [usize; 3], hidden: usize, latent: usize, key: Key, options: &TensorOptions) -> Self {
        let pixels = shape.iter().product();
        let linear = |name: &str, from, to| Linear::new(from, to, key.purpose(name), options);
        MlpAutoencoder {
            fc1: linear("fc1", pixels, hidden),
            fc21: linear("fc21", hidden, latent),
            fc22: linear("fc22", hidden, latent),
            fc3: linear("fc3", latent, hidden),
            fc4: linear("fc4", hidden, pixels),
            shape,
        }
    }
}

stateful!(MlpAutoencoder: fc1, fc21, fc22, fc3, fc4);

impl Autoencoder for MlpAutoencoder {
    fn encode(&self, x: &Tensor, cx: &mut Ctx) -> (Tensor, Tensor) {
        let _scope = scope("encoder");
        let h = self.fc1.activated(&x.flatten(1), Activation::Relu, cx);
        (self.fc21.forward(&h, cx), self.fc22.forward(&h, cx))
    }

    fn decode(&self, z: &Tensor, cx: &mut Ctx) -> Tensor {
        let _scope = scope("decoder");
        let [c, h, w] = self.shape;
        let logits = self.fc4.forward(&self.fc3.activated(z, Activation::Relu, cx), cx);
        logits.reshape([z.dims()[0], c, h, w])
    }
}
