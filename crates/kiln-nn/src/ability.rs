//! What a trained model can be used for. A program asks a [`Training`] for exactly one of these.

use crate::batch::{Images, PixelRange};
use crate::options::TensorOptions;
use crate::state::Stateful;
use crate::training::Training;
use kiln_grad::{DType, Error, Tensor};
use kiln_tensor::random::Key;
use std::fmt;
use std::ops::Range;

/// The abilities by name, so that what a model will be able to do can be said before it is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// [`Generator`].
    Generate,
    /// [`Encoder`].
    Encode,
    /// [`Translator`].
    Translate,
    /// [`Critic`].
    Judge,
    /// [`PointGenerator`].
    GeneratePoints,
    /// [`Classifier`].
    Classify,
    /// [`Density`].
    Weigh,
}

impl Ability {
    /// All of them.
    pub const ALL: [Ability; 7] = [
        Ability::Generate,
        Ability::Encode,
        Ability::Translate,
        Ability::Judge,
        Ability::GeneratePoints,
        Ability::Classify,
        Ability::Weigh,
    ];

    /// Whether a model has it.
    pub fn is_of(self, model: &mut dyn Training) -> bool {
        match self {
            Ability::Generate => model.generator().is_some(),
            Ability::Encode => model.encoder().is_some(),
            Ability::Translate => model.translator().is_some(),
            Ability::Judge => model.critic().is_some(),
            Ability::GeneratePoints => model.point_generator().is_some(),
            Ability::Classify => model.classifier().is_some(),
            Ability::Weigh => model.density().is_some(),
        }
    }
}

impl fmt::Display for Ability {
    /// What a model does with it, as in "can't make images out of noise".
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Ability::Generate => "make images out of noise",
            Ability::Encode => "rebuild images from codes",
            Ability::Translate => "translate images",
            Ability::Judge => "tell real images from made ones",
            Ability::GeneratePoints => "make points out of noise",
            Ability::Classify => "tell the classes of images",
            Ability::Weigh => "say how likely images are",
        })
    }
}

/// Latent points, and classes where the model was trained with them, to images.
pub trait Generator {
    /// Length of a latent point, which is standard normal when the model is sampled.
    fn latent(&self) -> usize;

    /// Number of classes that can be asked for; 0 where the model knows none.
    fn classes(&self) -> usize {
        0
    }

    /// Element type and device of the latent points.
    fn options(&self) -> &TensorOptions;

    /// The images of the points `z [n, latent]`, of the classes `U32 [n]` where the model knows
    /// [classes](Generator::classes). An image doesn't depend on the points beside its own.
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the dims don't fit, or classes are missing or too much.
    fn generate(&mut self, z: &Tensor, classes: Option<&Tensor>) -> Result<Images, Error>;

    /// Multiplies the distance of each image's style from the mean style by this from now on (the truncation ψ of Karras et
    /// al., 2019); 1 is all of it. `false`, and nothing happens, where the model has no styles.
    fn truncate(&mut self, psi: f64) -> bool {
        let _ = psi;
        false
    }

    /// Number of layers that take a style each; 0 where the model has no styles.
    fn style_layers(&self) -> usize {
        0
    }

    /// The images whose layers before `from` have the styles of the points `z [n, latent]`, and whose others have those of `other`, of the same dims (style
    /// mixing, Karras et al., 2019).
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the dims don't fit, or `from` is not between 1 and the last of the [layers](Generator::style_layers).
    fn mix(&mut self, z: &Tensor, other: &Tensor, from: usize) -> Result<Images, Error> {
        let _ = (z, other);
        panic!("mix: from layer {from} of a model without styles");
    }

    /// What makes the images: its state, named as in PyTorch.
    fn network(&mut self) -> &mut dyn Stateful;

    /// `count` images of random points; image `i` is a function of `key`, `i` and its class alone. Of a model that
    /// knows classes, all are of `class`, or one after the other of each class where it is `None`.
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When there is no such class.
    fn draw(&mut self, count: usize, key: Key, class: Option<u32>) -> Result<Images, Error> {
        self.draw_range(0..count, key, class)
    }

    /// The images of these numbers among those that [`draw`](Generator::draw) makes, so that many can be made in parts.
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When there is no such class.
    fn draw_range(&mut self, range: Range<usize>, key: Key, class: Option<u32>) -> Result<Images, Error> {
        let (latent, known) = (self.latent(), self.classes() as u32);
        let options = self.options().clone();
        assert!(
            class.is_none_or(|class| class < known),
            "draw: class {class:?} of a model of {known} classes"
        );
        let classes: Vec<u32> = range.clone().map(|i| class.unwrap_or(i as u32 % known.max(1))).collect();
        let classes = Tensor::from_slice(&classes, [range.len()], &options.device);
        let z = latent_points(range, latent, key, &options);
        self.generate(&z, Some(&classes).filter(|_| known > 0))
    }
}

/// The latent points of these numbers, `[count, latent]`: point `i` is a function of `key` and `i` alone.
fn latent_points(range: Range<usize>, latent: usize, key: Key, options: &TensorOptions) -> Tensor {
    let noise = key.purpose("noise");
    let numbers = (range.start * latent..range.end * latent).map(|i| noise.normal(i as u64));
    let dims = [range.len(), latent];
    match options.dtype {
        DType::F64 => Tensor::from_slice(&numbers.collect::<Vec<f64>>(), dims, &options.device),
        _ => Tensor::from_slice(&numbers.map(|z| z as f32).collect::<Vec<f32>>(), dims, &options.device),
    }
}

/// Latent points, and classes where the model was trained with them, to points of data.
pub trait PointGenerator {
    /// Length of a latent point, which is standard normal when the model is sampled.
    fn latent(&self) -> usize;

    /// Number of coordinates of a point that is made.
    fn coordinates(&self) -> usize;

    /// Number of classes that can be asked for; 0 where the model knows none.
    fn classes(&self) -> usize {
        0
    }

    /// Element type and device of the latent points.
    fn options(&self) -> &TensorOptions;

    /// The points `[n, coordinates]` of `z [n, latent]`, of the classes `U32 [n]` where the model knows
    /// [classes](PointGenerator::classes).
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the dims don't fit, or classes are missing or too much.
    fn generate(&mut self, z: &Tensor, classes: Option<&Tensor>) -> Result<Tensor, Error>;

    /// What makes the points: its state.
    fn network(&mut self) -> &mut dyn Stateful;

    /// `count` random points; point `i` is a function of `key` and `i` alone. Of a model that knows classes, they are
    /// of one after the other.
    ///
    /// # Errors
    /// The failure of a device.
    fn draw(&mut self, count: usize, key: Key) -> Result<Tensor, Error> {
        let (latent, known, options) = (self.latent(), self.classes() as u32, self.options().clone());
        let classes: Vec<u32> = (0..count as u32).map(|i| i % known.max(1)).collect();
        let classes = Tensor::from_slice(&classes, [count], &options.device);
        let z = latent_points(0..count, latent, key, &options);
        self.generate(&z, Some(&classes).filter(|_| known > 0))
    }
}

/// Images to codes, and codes to images.
pub trait Encoder {
    /// Number of classes that it is told; 0 where it knows none.
    fn classes(&self) -> usize {
        0
    }

    /// The most likely codes of images, `[n, ..]`, of the classes `U32 [n]` where the model knows
    /// [classes](Encoder::classes).
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the dims don't fit, or classes are missing or too much.
    fn encode(&mut self, images: &Images, classes: Option<&Tensor>) -> Result<Tensor, Error>;

    /// The images of codes, of the classes `U32 [n]` where the model knows [classes](Encoder::classes).
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the dims don't fit, or classes are missing or too much.
    fn decode(&mut self, codes: &Tensor, classes: Option<&Tensor>) -> Result<Images, Error>;

    /// What makes codes of images: its state, named as in PyTorch.
    fn network(&mut self) -> &mut dyn Stateful;
}

/// What a [`Classifier`] says of some images.
#[derive(Clone, Debug)]
pub struct ClassView {
    /// Features `[n, features]`: what the last hidden layer has, from which the last one makes logits.
    pub features: Tensor,
    /// Logits `[n, classes]`.
    pub logits: Tensor,
}

/// Images to their classes.
pub trait Classifier {
    /// Number of classes.
    fn classes(&self) -> usize;

    /// `[channels, height, width]` of the images it takes.
    fn shape(&self) -> [usize; 3];

    /// Number of features of an image.
    fn features(&self) -> usize;

    /// What it says of images of its [shape](Classifier::shape).
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the dims don't fit.
    fn classify(&mut self, images: &Images) -> Result<ClassView, Error>;

    /// What tells the classes: its state, named as in PyTorch.
    fn network(&mut self) -> &mut dyn Stateful;
}

/// Images to how likely they are.
pub trait Density {
    /// Number of classes that it is told, whose images it then weighs; 0 where it knows none.
    fn classes(&self) -> usize {
        0
    }

    /// Whether it is a distribution over images of bytes, so that it says how many bits they take.
    fn is_over_bytes(&self) -> bool;

    /// Element type and device of the images.
    fn options(&self) -> &TensorOptions;

    /// `ln p(x, z) − ln q(z|x)` in nats for so many codes `z` drawn from `q(z|x)`, `[n, draws]`: their mean is a bound on
    /// `ln p(x)`, and the logarithm of the mean of their exponentials a better one (Burda et al., 2016).
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the dims don't fit, or classes are missing or too much.
    fn log_weights(
        &mut self,
        images: &Images,
        classes: Option<&Tensor>,
        draws: usize,
        key: Key,
    ) -> Result<Tensor, Error>;

    /// What `q(z|x)` says of images, with one draw of each.
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the dims don't fit, or classes are missing or too much.
    fn latents(&mut self, images: &Images, classes: Option<&Tensor>, key: Key) -> Result<Latents, Error>;
}

/// Codes of images, `[n, latents]` each.
#[derive(Clone, Debug)]
pub struct Latents {
    /// The most likely code of each image, as [`Encoder::encode`] gives it.
    pub means: Tensor,
    /// A code drawn from `q(z|x)`.
    pub draws: Tensor,
    /// The divergence from the prior in nats, of each latent: in closed form, or of the code that was drawn.
    pub kl: Tensor,
}

/// Images to how real they look.
pub trait Critic {
    /// Number of classes that it looks at; 0 where it knows none.
    fn classes(&self) -> usize {
        0
    }

    /// Range of the images it was trained with.
    fn range(&self) -> PixelRange;

    /// A logit `[n, 1]` for each image, larger for images that look more real, of the classes `U32 [n]` where the model
    /// knows [classes](Critic::classes).
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the dims don't fit, or classes are missing or too much.
    fn judge(&mut self, images: &Images, classes: Option<&Tensor>) -> Result<Tensor, Error>;

    /// What judges: its state, named as in PyTorch.
    fn network(&mut self) -> &mut dyn Stateful;
}

/// Images to images that show the same in another way.
pub trait Translator {
    /// Number of channels of the images it takes, and of those it makes.
    fn channels(&self) -> [usize; 2];

    /// The number that the sides of an image must be multiples of; others are to be padded, and the result cut.
    fn multiple(&self) -> usize {
        1
    }

    /// The translated images, as many times larger as each side as the model makes them.
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When channels or sides don't fit.
    fn translate(&mut self, images: &Images) -> Result<Images, Error>;

    /// What translates: its state, named as in PyTorch.
    fn network(&mut self) -> &mut dyn Stateful;
}
