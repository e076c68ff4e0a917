//! The autoencoder of Burgess et al. (2018) for small scenes of few factors, for images of 32 and 64 pixels.

use super::{Autoencoder, AutoencoderForm};
use kiln_grad::{Tensor, scope};
use kiln_nn::layers::{Activation, Conv2d, ConvTranspose2d, Linear, Sequential};
use kiln_nn::{Ctx, Module, TensorOptions, stateful};
use kiln_tensor::random::Key;

/// Sides of images that it takes.
pub const SIZES: [usize; 2] = [32, 64];

/// Side of the maps between convolutions and dense layers.
const INNER: usize = 4;

/// 4×4 convolutions of stride 2 and one width down to maps of 4×4, two dense layers, and their mirror image.
pub struct BurgessAutoencoder {
    encoder: Encoder,
    decoder: Decoder,
    width: usize,
    hidden: usize,
    form: AutoencoderForm,
}

struct Encoder {
    convs: Sequential,
    fc1: Linear,
    fc2: Linear,
    mu: Linear,
    logvar: Linear,
}

struct Decoder {
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
    convs: Sequential,
}

impl BurgessAutoencoder {
    /// A network with fresh parameters: `width` channels of every convolution, `hidden` numbers of every dense layer.
    ///
    /// # Panics
    /// When images are not squares of one of [`SIZES`].
    #[track_caller]
    pub fn new(
        form: AutoencoderForm,
        width: usize,
        hidden: usize,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        let AutoencoderForm { image: [c, h, w], latent, outputs, classes } = form;
        assert!(
            h == w && SIZES.contains(&h),
            "burgess autoencoder: images of {h}x{w} pixels; wanted 32 or 64"
        );
        let halvings = (h / INNER).ilog2() as usize;
        let flat = width * INNER * INNER;
        let linear = |name: &str, from, to| Linear::new(from, to, key.purpose(name), options);
        let mut down = Sequential::new();
        let mut up = Sequential::new();
        for level in 0..halvings {
            let from = if level == 0 { c } else { width };
            down = down
                .with(key.purpose("encoder.convs"), |key| {
                    Conv2d::new(from, width, 4, key, options).stride(2).padding(1)
                })
                .add(Activation::Relu);
            let to = if level + 1 == halvings { outputs } else { width };
            up = up.with(key.purpose("decoder.convs"), |key| {
                ConvTranspose2d::new(width, to, 4, key, options).stride(2).padding(1)
            });
            up = if level + 1 == halvings { up } else { up.add(Activation::Relu) };
        }
        BurgessAutoencoder {
            encoder: Encoder {
                convs: down,
                fc1: linear("encoder.fc1", flat + classes, hidden),
                fc2: linear("encoder.fc2", hidden, hidden),
                mu: linear("encoder.mu", hidden, latent),
                logvar: linear("encoder.logvar", hidden, latent),
            },
            decoder: Decoder {
                fc1: linear("decoder.fc1", latent + classes, hidden),
                fc2: linear("decoder.fc2", hidden, hidden),
                fc3: linear("decoder.fc3", hidden, flat),
                convs: up,
            },
            width,
            hidden,
            form,
        }
    }
}

stateful!(BurgessAutoencoder: encoder, decoder);

stateful!(Encoder: convs, fc1, fc2, mu, logvar);

stateful!(Decoder: fc1, fc2, fc3, convs);

impl Autoencoder for BurgessAutoencoder {
    fn features(&self) -> usize {
        self.hidden
    }

    fn encode(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let _scope = scope("encoder");
        let net = &self.encoder;
        let h = net.convs.forward(x, cx).flatten(1);
        let h = net.fc1.activated(&self.form.beside_class(&h, cx), Activation::Relu, cx);
        net.fc2.activated(&h, Activation::Relu, cx)
    }

    fn heads(&self, features: &Tensor, cx: &mut Ctx) -> (Tensor, Tensor) {
        let _scope = scope("encoder");
        let net = &self.encoder;
        (net.mu.forward(features, cx), net.logvar.forward(features, cx))
    }

    fn decode(&self, z: &Tensor, cx: &mut Ctx) -> Tensor {
        let _scope = scope("decoder");
        let net = &self.decoder;
        let z = self.form.beside_class(z, cx);
        let x = net.fc1.activated(&z, Activation::Relu, cx);
        let x = net.fc2.activated(&x, Activation::Relu, cx);
        let x = net.fc3.activated(&x, Activation::Relu, cx);
        net.convs.forward(&x.reshape([z.dims()[0], self.width, INNER, INNER]), cx)
    }
}
