//! The VAE with convolutions.

use super::training::{VaeNet, VaeTraining};
use crate::config::{ModelError, count, not_negative, positive};
use kiln_grad::{Tensor, scope};
use kiln_nn::layers::{Activation, Conv2d, ConvTranspose2d, Linear};
use kiln_nn::optim::Adam;
use kiln_nn::{Ctx, Module, TensorOptions, Training, named_parameters, stateful};
use kiln_tensor::random::Key;
use serde::{Deserialize, Serialize};

/// The settings of a VAE with convolutions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaeConvConfig {
    /// The number of latent dimensions.
    pub latent: usize,
    /// The channels of the first convolution; the second has twice as many.
    pub width: usize,
    /// The width of the dense layers.
    pub hidden: usize,
    /// The weight of the KL term: 1 for a VAE, more for a β-VAE (Higgins et al., 2017).
    pub kl_weight: f64,
    /// Adam's learning rate.
    pub lr: f64,
}

impl VaeConvConfig {
    pub(crate) fn build(
        &self,
        shape: [usize; 3],
        key: Key,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        count("latent", self.latent)?;
        count("width", self.width)?;
        count("hidden", self.hidden)?;
        positive("lr", self.lr)?;
        not_negative("kl_weight", self.kl_weight)?;
        let shape = image_shape(shape)?;
        let mut net = VaeConvNet::new(shape, self.width, self.hidden, self.latent, key, options);
        let optimizer = Adam::new(named_parameters(&mut net), self.lr);
        Ok(Box::new(VaeTraining::new(net, optimizer, self.latent, self.kl_weight, options.clone())))
    }
}

/// Two halvings must come out even.
pub(crate) fn image_shape(data: [usize; 3]) -> Result<[usize; 3], ModelError> {
    let [_, height, width] = data;
    if height.is_multiple_of(4) && width.is_multiple_of(4) && height > 0 && width > 0 {
        return Ok(data);
    }
    Err(ModelError::Size {
        model: "vae-conv",
        sizes: "a multiple of 4",
        height,
        width,
        option: "--image-size N",
    })
}

/// Two 4×4 convolutions of stride 2 and a dense layer, and their mirror image.
pub struct VaeConvNet {
    encoder: Encoder,
    decoder: Decoder,
}

struct Encoder {
    conv1: Conv2d,
    conv2: Conv2d,
    fc: Linear,
    mu: Linear,
    logvar: Linear,
}

struct Decoder {
    fc1: Linear,
    fc2: Linear,
    deconv1: ConvTranspose2d,
    deconv2: ConvTranspose2d,
    inner: [usize; 3],
}

impl VaeConvNet {
    /// A network for images of `shape` `[c, h, w]`, whose sides are multiples of 4, with fresh parameters.
    pub fn new(
        [c, h, w]: [usize; 3],
        width: usize,
        hidden: usize,
        latent: usize,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        let inner = [2 * width, h / 4, w / 4];
        let flat = inner.iter().product();
        let linear = |name: &str, from, to| Linear::new(from, to, key.purpose(name), options);
        let down =
            |name: &str, from, to| Conv2d::new(from, to, 4, key.purpose(name), options).stride(2).padding(1);
        let up = |name: &str, from, to| {
            ConvTranspose2d::new(from, to, 4, key.purpose(name), options).stride(2).padding(1)
        };
        VaeConvNet {
            encoder: Encoder {
                conv1: down("encoder.conv1", c, width),
                conv2: down("encoder.conv2", width, 2 * width),
                fc: linear("encoder.fc", flat, hidden),
                mu: linear("encoder.mu", hidden, latent),
                logvar: linear("encoder.logvar", hidden, latent),
            },
            decoder: Decoder {
                fc1: linear("decoder.fc1", latent, hidden),
                fc2: linear("decoder.fc2", hidden, flat),
                deconv1: up("decoder.deconv1", 2 * width, width),
                deconv2: up("decoder.deconv2", width, c),
                inner,
            },
        }
    }
}

stateful!(VaeConvNet: encoder, decoder);

stateful!(Encoder: conv1, conv2, fc, mu, logvar);

stateful!(Decoder: fc1, fc2, deconv1, deconv2);

impl VaeNet for VaeConvNet {
    fn encode(&self, x: &Tensor) -> (Tensor, Tensor) {
        let _scope = scope("encoder");
        let (net, cx) = (&self.encoder, &mut Ctx::eval());
        let h = net.conv1.activated(x, Activation::Relu, cx);
        let h = net.conv2.activated(&h, Activation::Relu, cx);
        let h = net.fc.activated(&h.flatten(1), Activation::Relu, cx);
        (net.mu.forward(&h, cx), net.logvar.forward(&h, cx))
    }

    fn decode(&self, z: &Tensor) -> Tensor {
        let _scope = scope("decoder");
        let (net, cx) = (&self.decoder, &mut Ctx::eval());
        let [c, h, w] = net.inner;
        let x = net.fc1.activated(z, Activation::Relu, cx);
        let x = net.fc2.activated(&x, Activation::Relu, cx);
        let x = net.deconv1.activated(&x.reshape([z.dims()[0], c, h, w]), Activation::Relu, cx);
        net.deconv2.forward(&x, cx)
    }
}
