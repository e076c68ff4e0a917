//! The GAN of convolutions (Radford, Metz, Chintala, 2015).

use super::training::Game;
use crate::config::{ModelError, count};
use kiln_grad::Tensor;
use kiln_nn::layers::{Activation, BatchNorm, Conv2d, ConvTranspose2d, Flatten, Linear, Reshape, Sequential};
use kiln_nn::loss::GanLoss;
use kiln_nn::{Ctx, Module, TensorOptions, Training, init, stateful};
use kiln_tensor::random::Key;
use serde::{Deserialize, Serialize};

/// The settings of a GAN of convolutions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DcganConfig {
    /// The size of the images in pixels: 28, 32 or 64; that of the data if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
    /// The length of the noise vector.
    pub latent: usize,
    /// Channels next to the image; they double at each halving of the size.
    pub width: usize,
    /// Whether the discriminator has batch norm. With it, it learns faster; at 28 pixels so fast that it leaves
    /// the generator behind.
    pub discriminator_norm: bool,
    /// The game: `non-saturating`, `minimax`, `least-squares` or `hinge`.
    pub loss: GanLoss,
    /// The learning rate of both networks.
    pub lr: f64,
    /// Adam's first decay.
    pub beta1: f64,
    /// Adam's second decay.
    pub beta2: f64,
    /// The decay of the generator's running average, which samples are made by; 0 for none.
    pub average: f64,
}

impl DcganConfig {
    pub(crate) fn image_shape(
        &self,
        [channels, height, width]: [usize; 3],
    ) -> Result<[usize; 3], ModelError> {
        let [h, w] = self.size.map_or([height, width], |size| [size, size]);
        if h == w && [28, 32, 64].contains(&h) {
            return Ok([channels, h, w]);
        }
        Err(ModelError::Size {
            model: "dcgan",
            sizes: "28, 32 or 64",
            height: h,
            width: w,
            option: "--set size=N",
        })
    }

    fn game(&self) -> Game {
        let DcganConfig { latent, loss, lr, beta1, beta2, average, .. } = *self;
        Game { latent, loss, lr, betas: [beta1, beta2], average }
    }

    pub(crate) fn build(
        &self,
        shape: [usize; 3],
        key: Key,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        let game = self.game();
        game.check()?;
        count("width", self.width)?;
        let [channels, size, _] = self.image_shape(shape)?;
        let generator =
            || generator(size, channels, self.latent, self.width, key.purpose("generator"), options);
        let (g, average) = (generator(), generator());
        let d = {
            let key = key.purpose("discriminator");
            discriminator(size, channels, self.width, self.discriminator_norm, key, options)
        };
        Ok(game.training(Box::new(g), Box::new(average), Box::new(d), options))
    }
}

/// A network whose parts are named as in PyTorch's DCGAN example: `main.0.weight` and so on.
pub struct DcganNet {
    main: Sequential,
    /// What a sample is reshaped to before the network.
    input: Option<[usize; 3]>,
}

stateful!(DcganNet: main);

impl Module for DcganNet {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let Some([c, h, w]) = self.input else { return self.main.forward(x, cx).flatten(1) };
        self.main.forward(&x.reshape([x.dims()[0], c, h, w]), cx)
    }
}

/// How often the generator doubles the size: from 4, or to 28 from 7.
fn doublings(size: usize) -> usize {
    match size {
        28 => 2,
        32 => 3,
        _ => 4,
    }
}

/// Noise `[n, latent]` to images `[n, channels, size, size]` in `[-1, 1]`, for sizes 28, 32 and 64.
///
/// A first layer makes 4×4 cells (at size 28 a dense layer makes 7×7), then the size doubles by transposed
/// convolutions, with batch norm and ReLU in between.
pub fn generator(
    size: usize,
    channels: usize,
    latent: usize,
    width: usize,
    key: Key,
    options: &TensorOptions,
) -> DcganNet {
    let key_of = |i: usize| key.purpose(&i.to_string());
    let mut filters = width << (doublings(size) - 1);
    let mut main = if size == 28 {
        Sequential::new()
            .add(Flatten)
            .add(Linear::new(latent, 49 * filters, key_of(0), options).without_bias())
            .add(Reshape::new([filters, 7, 7]))
    } else {
        Sequential::new().add(ConvTranspose2d::new(latent, filters, 4, key_of(0), options).without_bias())
    };
    for i in 1..=doublings(size) {
        let (last, next) = (i == doublings(size), filters / 2);
        let to = if last { channels } else { next };
        let up = ConvTranspose2d::new(filters, to, 4, key_of(i), options).stride(2).padding(1).without_bias();
        main = main.add(BatchNorm::new(filters, options)).add(Activation::Relu).add(up);
        filters = next;
    }
    let mut net = DcganNet { main: main.add(Activation::Tanh), input: Some([latent, 1, 1]) };
    init::dcgan(&mut net, key);
    net
}

/// Images `[n, channels, size, size]` to logits `[n, 1]`: halvings of the size by 4×4 convolutions with
/// leaky ReLU, and with `norm` batch norm but after the first; then one logit over all that is left.
pub fn discriminator(
    size: usize,
    channels: usize,
    width: usize,
    norm: bool,
    key: Key,
    options: &TensorOptions,
) -> DcganNet {
    let key_of = |i: usize| key.purpose(&i.to_string());
    // Until 4×4 cells are left, or 3×3 of 28×28.
    let layers = if size == 64 { 4 } else { 3 };
    // Without norm and bias the network would be homogeneous: half the contrast, half the logit.
    let conv = |from, to, size: usize, i: usize| {
        let conv = Conv2d::new(from, to, size, key_of(i), options);
        if norm { conv.without_bias() } else { conv }
    };
    let down = |from, to, i: usize| conv(from, to, 4, i).stride(2).padding(1);
    let mut main = Sequential::new().add(down(channels, width, 0)).add(Activation::LeakyRelu(0.2));
    let mut filters = width;
    for i in 1..layers {
        main = main.add(down(filters, 2 * filters, i));
        filters *= 2;
        if norm {
            main = main.add(BatchNorm::new(filters, options));
        }
        main = main.add(Activation::LeakyRelu(0.2));
    }
    let head = conv(filters, 1, size >> layers, layers);
    let mut net = DcganNet { main: main.add(head), input: None };
    init::dcgan(&mut net, key);
    net
}
