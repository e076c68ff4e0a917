//! Networks whose last hidden layer says what images are like.

use crate::error::MeasureError;
use crate::features::FeatureSet;
use kiln_grad::{Tensor, no_grad};
use kiln_nn::layers::{Activation, Conv2d, Flatten, Linear, Sequential};
use kiln_nn::{
    Ctx, Images, Module, PixelRange, StateValue, StateVisitor, Stateful, TensorOptions, Training, load,
    safetensors, save,
};
use kiln_tensor::random::Key;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Parameters trained on kiln's built-in scenes by `examples/train_scene_features.rs`.
const SCENES: &[u8] = include_bytes!("../weights/scenes.safetensors");

/// Number of images that are looked at together.
const AT_ONCE: usize = 256;

/// Number of convolutions before the head, each with its activation.
const CONVOLUTIONS: usize = 3;

/// Number of channels after the first convolution of the network for digits, and of that for scenes.
pub(crate) const DIGITS_WIDTH: usize = 16;
const SCENES_WIDTH: usize = 32;

/// A convolutional classifier: three 3×3 convolutions of stride 2, to `first`, twice and four times as many channels, each with
/// ReLU, and a dense layer.
pub(crate) fn classifier(
    [channels, height, width]: [usize; 3],
    outputs: usize,
    first: usize,
    key: Key,
    options: &TensorOptions,
) -> Sequential {
    let [a, b, c] = [1, 2, 4].map(|times| times * first);
    let conv =
        |from, to, name: &str| Conv2d::new(from, to, 3, key.purpose(name), options).stride(2).padding(1);
    let cells = height.div_ceil(8) * width.div_ceil(8);
    Sequential::new()
        .add(conv(channels, a, "conv1"))
        .add(Activation::Relu)
        .add(conv(a, b, "conv2"))
        .add(Activation::Relu)
        .add(conv(b, c, "conv3"))
        .add(Activation::Relu)
        .add(Flatten)
        .add(Linear::new(c * cells, outputs, key.purpose("head"), options))
}

/// A trained network that tells images apart, by features that its last hidden layer makes of them. Measures of sets are of these features, so
/// each says which network's: figures by different ones can't be compared.
pub struct FeatureNet {
    name: String,
    checksum: u32,
    shape: [usize; 3],
    classes: usize,
    dims: usize,
    /// Networks are used by one thread at a time.
    layers: Mutex<Layers>,
}

/// What makes the features.
enum Layers {
    /// A network of this crate: features are the means over the image of what its last convolution has in each channel.
    Own(Sequential),
    /// A classifier that was trained: features are those it shows.
    Trained(Box<dyn Training>),
}

/// What a network says of some images.
#[derive(Clone, Debug, PartialEq)]
pub struct NetView {
    /// Features, a row for each image.
    pub features: FeatureSet,
    /// Probabilities of the network's classes, a row for each image.
    pub probabilities: FeatureSet,
}

impl FeatureNet {
    /// Output of the network that is trained on scenes: first a logit for each class, then one for each word of captions.
    pub const SCENE_OUTPUTS: usize = kiln_data::scenes::CLASSES + kiln_data::scenes::VOCABULARY.len();

    /// The network that reads the ten digits, for grey images of 28×28: that of [`DigitClassifier`](crate::DigitClassifier).
    pub fn digits() -> FeatureNet {
        let (shape, options) = ([1, 28, 28], TensorOptions::default());
        let net = classifier(shape, 10, DIGITS_WIDTH, Key::new(0), &options);
        let fresh = FeatureNet::own("digits", shape, 10, 4 * DIGITS_WIDTH, net);
        fresh.loaded(crate::digits::WEIGHTS)
    }

    /// The network that tells the built-in scenes apart, for all other images: in colour, 32×32.
    pub fn scenes() -> FeatureNet {
        FeatureNet::fresh_scenes(Key::new(0), &TensorOptions::default()).loaded(SCENES)
    }

    /// The network for scenes with fresh parameters.
    pub fn fresh_scenes(key: Key, options: &TensorOptions) -> FeatureNet {
        let shape = [3, 32, 32];
        let net = classifier(shape, FeatureNet::SCENE_OUTPUTS, SCENES_WIDTH, key, options);
        let (classes, dims) = (kiln_data::scenes::CLASSES, 4 * SCENES_WIDTH);
        FeatureNet::own("scenes", shape, classes, dims, net)
    }

    fn own(name: &str, shape: [usize; 3], classes: usize, dims: usize, net: Sequential) -> FeatureNet {
        FeatureNet {
            name: name.to_owned(),
            checksum: 0,
            shape,
            classes,
            dims,
            layers: Mutex::new(Layers::Own(net)),
        }
    }

    /// A model that [classifies](kiln_nn::Classifier), computing in `f32` on the CPU, by the name that figures are to give; `None` where
    /// the model classifies nothing.
    ///
    /// # Errors
    /// The failure of a device.
    pub fn of_classifier(
        name: impl Into<String>,
        mut model: Box<dyn Training>,
    ) -> Result<Option<FeatureNet>, MeasureError> {
        let Some(classifier) = model.classifier() else { return Ok(None) };
        let (shape, classes, dims) = (classifier.shape(), classifier.classes(), classifier.features());
        let mut sum = crc32fast::Hasher::new();
        for (name, value) in save(classifier.network()) {
            sum.update(name.as_bytes());
            if let StateValue::Tensor(tensor) = value {
                tensor.to_f64_vec()?.iter().for_each(|value| sum.update(&value.to_le_bytes()));
            }
        }
        let layers = Mutex::new(Layers::Trained(model));
        Ok(Some(FeatureNet { name: name.into(), checksum: sum.finalize(), shape, classes, dims, layers }))
    }

    /// With the parameters of a file that comes with kiln.
    fn loaded(mut self, weights: &[u8]) -> FeatureNet {
        let (state, _) = safetensors::from_bytes(weights, &TensorOptions::default().device)
            .expect("the shipped file is whole");
        load(&mut self, &state).expect("the shipped file is of this network");
        self.checksum = crc32fast::hash(weights);
        self
    }

    /// The network by its name and what tells its parameters from others, such as `scenes-1a2b3c4d`.
    pub fn id(&self) -> String {
        format!("{}-{:08x}", self.name, self.checksum)
    }

    /// The network as figures name it: its [id](FeatureNet::id), and how images of this shape are brought to its size.
    pub fn described_for(&self, [_, height, width]: [usize; 3]) -> String {
        let [_, rows, columns] = self.shape;
        if [height, width] == [rows, columns] {
            return self.id();
        }
        format!("{} (images of {height}x{width} resized to {rows}x{columns}, antialiased)", self.id())
    }

    /// Name of the network.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of classes whose probabilities it gives.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// `[channels, height, width]` of the images it takes; others are resized.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Number of features of an image.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// All outputs of the head `[n, m]` of a network of this crate, for images of its own shape.
    ///
    /// # Panics
    /// With a network [of a classifier](FeatureNet::of_classifier).
    pub fn outputs(&self, images: &Images) -> Tensor {
        match &*self.layers() {
            Layers::Own(net) => net.forward(&images.signed(), &mut Ctx::eval()),
            Layers::Trained(_) => panic!("outputs: {} is a trained classifier; look at its view", self.name),
        }
    }

    /// What the network says of images of any size and channels: computed on the CPU in `f32`, a part at a time. Images of
    /// another size are resized by the mean over what a pixel covers, weighted by a triangle, and cut to `[0, 1]`; grey ones
    /// have three equal channels, and behind transparent pixels is black.
    ///
    /// # Errors
    /// The failure of a device.
    pub fn view(&self, images: &Images) -> Result<NetView, MeasureError> {
        let mut view = self.empty_view();
        for start in (0..images.len()).step_by(AT_ONCE) {
            let count = AT_ONCE.min(images.len() - start);
            let part = self.view_part(&images.unit().narrow(0, start, count))?;
            view.features.extend(&part.features);
            view.probabilities.extend(&part.probabilities);
        }
        Ok(view)
    }

    /// What it says of no image, to be extended.
    pub(crate) fn empty_view(&self) -> NetView {
        let empty = |dims| FeatureSet::new(dims, Vec::new());
        NetView { features: empty(self.dims), probabilities: empty(self.classes) }
    }

    fn layers(&self) -> MutexGuard<'_, Layers> {
        self.layers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn view_part(&self, unit: &Tensor) -> Result<NetView, MeasureError> {
        // It computes on the CPU, wherever the images were made.
        let pixels: Vec<f32> = unit.to_f64_vec()?.into_iter().map(|value| value as f32).collect();
        let x = Tensor::from_slice(&pixels, *unit.dims(), &TensorOptions::default().device);
        let x = Images::new(self.fitted(x), PixelRange::Unit);
        let hidden = 2 * CONVOLUTIONS;
        let [features, logits] = match &mut *self.layers() {
            Layers::Own(net) => no_grad(|| {
                let last = net.forward_layers(0..hidden, &x.signed(), &mut Ctx::eval());
                let outputs = net.forward_layers(hidden..net.len(), &last, &mut Ctx::eval());
                [last.mean([2, 3]), outputs.narrow(1, 0, self.classes)]
            }),
            Layers::Trained(model) => {
                let classifier = model.classifier().expect("it was seen to be one");
                let view = classifier.classify(&x)?;
                [view.features, view.logits]
            }
        };
        let probabilities = no_grad(|| logits.softmax(-1));
        let set = |tensor: &Tensor| -> Result<FeatureSet, MeasureError> {
            Ok(FeatureSet::new(tensor.dims()[1], tensor.to_f64_vec()?))
        };
        Ok(NetView { features: set(&features)?, probabilities: set(&probabilities)? })
    }

    /// Images in `[0, 1]` with the channels and size that the network takes.
    fn fitted(&self, x: Tensor) -> Tensor {
        let [channels, height, width] = self.shape;
        let have = x.dims()[1];
        let x = if have == 4 { x.narrow(1, 0, 3) * x.narrow(1, 3, 1) } else { x };
        let x = match (x.dims()[1], channels) {
            (have, wanted) if have == wanted => x,
            (1, wanted) => x.broadcast_to([x.dims()[0], wanted, x.dims()[2], x.dims()[3]]),
            (_, 1) => x.mean([1]).unsqueeze(1),
            (have, wanted) => panic!("view: images of {have} channels for a network of {wanted}"),
        };
        let is_size = x.dims()[2..] == [height, width];
        if is_size { x } else { x.resize_bilinear_antialiased([height, width]).clamp(0.0, 1.0) }
    }
}

impl Stateful for FeatureNet {
    fn visit(&mut self, v: &mut StateVisitor) {
        match self.layers.get_mut().unwrap_or_else(PoisonError::into_inner) {
            Layers::Own(net) => v.part("net", net),
            Layers::Trained(model) => v.part("net", &mut **model),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_data::{batch, scenes};

    #[test]
    fn it_tells_the_main_object_of_scenes_it_has_not_seen() {
        let net = FeatureNet::scenes();
        let set = scenes::dataset(77, 400, 32);
        let numbers: Vec<u32> = (0..400).collect();
        let batch = batch(&set, &numbers, &TensorOptions::default()).unwrap();
        let view = net.view(batch.images()).unwrap();
        let label = |row: &[f64]| (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap() as u32;
        let guesses = view.probabilities.rows().map(label);
        let right = guesses.zip(set.labels().unwrap()).filter(|(guess, label)| guess == *label).count();
        println!("{right} of 400");
        assert!(right > 240 && view.features.dims() == 128 && view.features.len() == 400);
    }

    #[test]
    fn images_of_any_size_and_channels_are_looked_at_as_they_look() {
        let net = FeatureNet::scenes();
        let options = TensorOptions::default();
        let of = |x: Tensor| net.view(&Images::new(x, PixelRange::Unit)).unwrap().features;
        let grey = Tensor::uniform(Key::new(1), [2, 1, 64, 48], options.dtype, &options.device);
        let three = grey.broadcast_to([2, 3, 64, 48]);
        assert_eq!(of(grey.clone()), of(three.clone()));
        // Opaque is what it was; behind what is clear is black.
        let with = |opacity: f32| {
            let alpha = Tensor::from_slice(&vec![opacity; 2 * 64 * 48], [2, 1, 64, 48], &options.device);
            Tensor::concat(&[&three, &alpha], 1)
        };
        assert_eq!(of(with(1.0)), of(three.clone()));
        assert_eq!(of(with(0.0)), of(&three * 0.0));
        // A row doesn't depend on the others.
        assert_eq!(of(three.narrow(0, 1, 1)).row(0), of(three.clone()).row(1));
    }

    #[test]
    fn a_network_is_named_with_its_parameters() {
        let [digits, scenes] = [FeatureNet::digits(), FeatureNet::scenes()].map(|net| net.id());
        assert!(digits.starts_with("digits-") && scenes.starts_with("scenes-"), "{digits} {scenes}");
        assert!(digits.len() == 15 && !scenes.ends_with("-00000000"));
        let [same, other] = [[3, 32, 32], [1, 10, 12]].map(|shape| FeatureNet::scenes().described_for(shape));
        assert_eq!(other, format!("{same} (images of 10x12 resized to 32x32, antialiased)"));
    }
}
