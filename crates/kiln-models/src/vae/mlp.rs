//! The VAE of dense layers.

use super::training::{VaeNet, VaeTraining};
use crate::config::{ModelError, count, not_negative, positive};
use kiln_grad::{Tensor, scope};
use kiln_nn::layers::{Activation, Linear};
use kiln_nn::optim::Adam;
use kiln_nn::{Ctx, Module, TensorOptions, Training, named_parameters, stateful};
use kiln_tensor::random::Key;
use serde::{Deserialize, Serialize};

/// The settings of a VAE of dense layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaeConfig {
    /// The number of latent dimensions.
    pub latent: usize,
    /// The width of the hidden layer on each side.
    pub hidden: usize,
    /// The weight of the KL term: 1 for a VAE, more for a β-VAE (Higgins et al., 2017).
    pub kl_weight: f64,
    /// Adam's learning rate.
    pub lr: f64,
}

impl VaeConfig {
    pub(crate) fn build(
        &self,
        shape: [usize; 3],
        key: Key,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        count("latent", self.latent)?;
        count("hidden", self.hidden)?;
        positive("lr", self.lr)?;
        not_negative("kl_weight", self.kl_weight)?;
        let mut net = VaeMlpNet::new(shape, self.hidden, self.latent, key, options);
        let optimizer = Adam::new(named_parameters(&mut net), self.lr);
        Ok(Box::new(VaeTraining::new(net, optimizer, self.latent, self.kl_weight, options.clone())))
    }
}

/// pixels-hidden-latent and back, with the names of PyTorch's example.
pub struct VaeMlpNet {
    fc1: Linear,
    fc21: Linear,
    fc22: Linear,
    fc3: Linear,
    fc4: Linear,
    shape: [usize; 3],
}

impl VaeMlpNet {
    /// A network for images of `shape` `[c, h, w]` with fresh parameters.
    pub fn new(shape: [usize; 3], hidden: usize, latent: usize, key: Key, options: &TensorOptions) -> Self {
        let pixels = shape.iter().product();
        let linear = |name: &str, from, to| Linear::new(from, to, key.purpose(name), options);
        VaeMlpNet {
            fc1: linear("fc1", pixels, hidden),
            fc21: linear("fc21", hidden, latent),
            fc22: linear("fc22", hidden, latent),
            fc3: linear("fc3", latent, hidden),
            fc4: linear("fc4", hidden, pixels),
            shape,
        }
    }
}

stateful!(VaeMlpNet: fc1, fc21, fc22, fc3, fc4);

impl VaeNet for VaeMlpNet {
    fn encode(&self, x: &Tensor) -> (Tensor, Tensor) {
        let _scope = scope("encoder");
        let cx = &mut Ctx::eval();
        let h = self.fc1.activated(&x.flatten(1), Activation::Relu, cx);
        (self.fc21.forward(&h, cx), self.fc22.forward(&h, cx))
    }

    fn decode(&self, z: &Tensor) -> Tensor {
        let _scope = scope("decoder");
        let cx = &mut Ctx::eval();
        let [c, h, w] = self.shape;
        let logits = self.fc4.forward(&self.fc3.activated(z, Activation::Relu, cx), cx);
        logits.reshape([z.dims()[0], c, h, w])
    }
}
