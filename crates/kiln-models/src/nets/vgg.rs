//! A convolutional classifier after VGG (Simonyan and Zisserman, 2014) with batch norm (Ioffe and Szegedy, 2015), small enough for
//! two cores.

use kiln_grad::Tensor;
use kiln_nn::layers::{Activation, BatchNorm, Conv2d, Linear, Sequential};
use kiln_nn::{Ctx, Module, StateVisitor, Stateful, TensorOptions};
use kiln_tensor::random::Key;

/// Images `[n, c, h, w]` to logits `[n, classes]`: stages of two 3×3 convolutions with batch norm and ReLU, of which the second halves the
/// size; channels double from stage to stage; then the mean over the maps, which are the features, and a linear layer.
pub struct Vgg {
    features: Sequential,
    head: Linear,
    channels: usize,
}

impl Vgg {
    /// A network of `stages`, the first `width` channels wide, with fresh parameters.
    pub fn new(
        channels: usize,
        classes: usize,
        stages: usize,
        width: usize,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        let mut features = Sequential::new();
        let mut from = channels;
        for stage in 0..stages {
            let to = width << stage;
            for (part, stride) in [(0, 1), (1, 2)] {
                let key = key.purpose(&format!("features.{stage}.{part}"));
                let conv = Conv2d::new(from, to, 3, key, options).padding(1).stride(stride).without_bias();
                features = features.add(conv).add(BatchNorm::new(to, options)).add(Activation::Relu);
                from = to;
            }
        }
        let head = Linear::new(from, classes, key.purpose("head"), options);
        Vgg { features, head, channels: from }
    }

    /// Number of features of an image.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The features `[n, channels]` of images, from which the last layer makes logits.
    pub fn features(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        cx.part("features", &self.features, x).mean([2, 3])
    }

    /// The logits `[n, classes]` of features.
    pub fn head(&self, features: &Tensor, cx: &mut Ctx) -> Tensor {
        cx.part("head", &self.head, features)
    }
}

impl Stateful for Vgg {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("features", &mut self.features);
        v.part("head", &mut self.head);
    }
}

impl Module for Vgg {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let features = self.features(x, cx);
        self.head(&features, cx)
    }
}
