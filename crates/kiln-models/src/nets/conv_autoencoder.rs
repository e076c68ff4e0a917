//! The autoencoder of convolutions, for images whose sides are multiples of 4.

use super::{Autoencoder, AutoencoderForm};
use kiln_grad::{Tensor, scope};
use kiln_nn::layers::{Activation, Conv2d, ConvTranspose2d, Linear};
use kiln_nn::{Ctx, Module, TensorOptions, stateful};
use kiln_tensor::random::Key;

/// Two 4×4 convolutions of stride 2 and a dense layer, and their mirror image.
pub struct ConvAutoencoder {
    encoder: ConvEncoder,
    decoder: ConvDecoder,
    hidden: usize,
    form: AutoencoderForm,
}

struct ConvEncoder {
    conv1: Conv2d,
    conv2: Conv2d,
    fc: Linear,
    mu: Linear,
    logvar: Linear,
}

struct ConvDecoder {
    fc1: Linear,
    fc2: Linear,
    deconv1: ConvTranspose2d,
    deconv2: ConvTranspose2d,
    inner: [usize; 3],
}

impl ConvAutoencoder {
    /// A network for images whose sides are multiples of 4, with fresh parameters: `width` channels behind the first
    /// convolution and twice as many behind the second, and `hidden` numbers behind the dense layer.
    ///
    /// # Panics
    /// When a side isn't a multiple of 4.
    #[track_caller]
    pub fn new(
        form: AutoencoderForm,
        width: usize,
        hidden: usize,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        let AutoencoderForm { image: [c, h, w], latent, outputs, classes } = form;
        let halved_twice = h.is_multiple_of(4) && w.is_multiple_of(4);
        assert!(halved_twice, "conv autoencoder: images of {h}x{w} pixels; both must be multiples of 4");
        let inner = [2 * width, h / 4, w / 4];
        let flat = inner.iter().product();
        let linear = |name: &str, from, to| Linear::new(from, to, key.purpose(name), options);
        let down =
            |name: &str, from, to| Conv2d::new(from, to, 4, key.purpose(name), options).stride(2).padding(1);
        let up = |name: &str, from, to| {
            ConvTranspose2d::new(from, to, 4, key.purpose(name), options).stride(2).padding(1)
        };
        ConvAutoencoder {
            encoder: ConvEncoder {
                conv1: down("encoder.conv1", c, width),
                conv2: down("encoder.conv2", width, 2 * width),
                fc: linear("encoder.fc", flat + classes, hidden),
                mu: linear("encoder.mu", hidden, latent),
                logvar: linear("encoder.logvar", hidden, latent),
            },
            decoder: ConvDecoder {
                fc1: linear("decoder.fc1", latent + classes, hidden),
                fc2: linear("decoder.fc2", hidden, flat),
                deconv1: up("decoder.deconv1", 2 * width, width),
                deconv2: up("decoder.deconv2", width, outputs),
                inner,
            },
            hidden,
            form,
        }
    }
}

stateful!(ConvAutoencoder: encoder, decoder);

stateful!(ConvEncoder: conv1, conv2, fc, mu, logvar);

stateful!(ConvDecoder: fc1, fc2, deconv1, deconv2);

impl Autoencoder for ConvAutoencoder {
    fn features(&self) -> usize {
        self.hidden
    }

    fn encode(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let _scope = scope("encoder");
        let net = &self.encoder;
        let h = net.conv1.activated(x, Activation::Relu, cx);
        let h = net.conv2.activated(&h, Activation::Relu, cx);
        let h = self.form.beside_class(&h.flatten(1), cx);
        net.fc.activated(&h, Activation::Relu, cx)
    }

    fn heads(&self, features: &Tensor, cx: &mut Ctx) -> (Tensor, Tensor) {
        let _scope = scope("encoder");
        let net = &self.encoder;
        (net.mu.forward(features, cx), net.logvar.forward(features, cx))
    }

    fn decode(&self, z: &Tensor, cx: &mut Ctx) -> Tensor {
        let _scope = scope("decoder");
        let net = &self.decoder;
        let [c, h, w] = net.inner;
        let z = self.form.beside_class(z, cx);
        let x = net.fc1.activated(&z, Activation::Relu, cx);
        let x = net.fc2.activated(&x, Activation::Relu, cx);
        let x = net.deconv1.activated(&x.reshape([z.dims()[0], c, h, w]), Activation::Relu, cx);
        net.deconv2.forward(&x, cx)
    }
}
