//! The autoencoder of dense layers, for images of any size.

use super::{Autoencoder, AutoencoderForm};
use kiln_grad::{Tensor, scope};
use kiln_nn::layers::{Activation, Linear, Sequential};
use kiln_nn::{Ctx, Module, TensorOptions, stateful};
use kiln_tensor::random::Key;

/// pixels-hidden-latent and back, with the names of PyTorch's example, and more hidden layers between where they are wanted.
pub struct MlpAutoencoder {
    fc1: Linear,
    up: Sequential,
    fc21: Linear,
    fc22: Linear,
    fc3: Linear,
    down: Sequential,
    fc4: Linear,
    activation: Activation,
    hidden: usize,
    form: AutoencoderForm,
}

impl MlpAutoencoder {
    /// A network with fresh parameters and one hidden layer of ReLUs each way.
    pub fn new(form: AutoencoderForm, hidden: usize, key: Key, options: &TensorOptions) -> Self {
        MlpAutoencoder::deep(form, hidden, 1, Activation::Relu, key, options)
    }

    /// A network with fresh parameters and `depth` hidden layers each way.
    ///
    /// # Panics
    /// When the depth is 0.
    #[track_caller]
    pub fn deep(
        form: AutoencoderForm,
        hidden: usize,
        depth: usize,
        activation: Activation,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        assert!(depth > 0, "mlp autoencoder: a depth of 0; it must be at least 1");
        let AutoencoderForm { image: [c, h, w], latent, outputs, classes } = form;
        let linear = |name: &str, from, to| Linear::new(from, to, key.purpose(name), options);
        let more = |name: &str| {
            (1..depth).fold(Sequential::new(), |layers, _| {
                layers
                    .with(key.purpose(name), |key| Linear::new(hidden, hidden, key, options))
                    .add(activation)
            })
        };
        MlpAutoencoder {
            fc1: linear("fc1", c * h * w + classes, hidden),
            up: more("up"),
            fc21: linear("fc21", hidden, latent),
            fc22: linear("fc22", hidden, latent),
            fc3: linear("fc3", latent + classes, hidden),
            down: more("down"),
            fc4: linear("fc4", hidden, outputs * h * w),
            activation,
            hidden,
            form,
        }
    }
}

stateful!(MlpAutoencoder: fc1, up, fc21, fc22, fc3, down, fc4);

impl Autoencoder for MlpAutoencoder {
    fn features(&self) -> usize {
        self.hidden
    }

    fn encode(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let _scope = scope("encoder");
        let x = self.form.beside_class(&x.flatten(1), cx);
        let h = self.fc1.activated(&x, self.activation, cx);
        self.up.forward(&h, cx)
    }

    fn heads(&self, features: &Tensor, cx: &mut Ctx) -> (Tensor, Tensor) {
        let _scope = scope("encoder");
        (self.fc21.forward(features, cx), self.fc22.forward(features, cx))
    }

    fn decode(&self, z: &Tensor, cx: &mut Ctx) -> Tensor {
        let _scope = scope("decoder");
        let [_, h, w] = self.form.image;
        let z = self.form.beside_class(z, cx);
        let hidden = self.fc3.activated(&z, self.activation, cx);
        let output = self.fc4.forward(&self.down.forward(&hidden, cx), cx);
        output.reshape([z.dims()[0], self.form.outputs, h, w])
    }
}
