//! Procedural scenes: small coloured pictures that are described in full.
//!
//! A scene is one to three objects of named shapes, colours and sizes, arranged in a way that words can
//! say, on a background of a named tone. Each comes with the class of its main object, a caption that is
//! exactly true of it, a mask of its objects and the description it was drawn from: conditional models,
//! captioning, text-to-image, segmentation and image-to-image can be tried without a download.
//!
//! `words` names the things, `layout` their arrangements; `compose` chooses and places them, `caption` says
//! what there is, `shapes` has the outlines and `paint` fills them. Positions are fractions of the picture's
//! side, so that a scene is the same scene at any size.

mod caption;
mod compose;
mod layout;
mod paint;
mod shapes;
mod words;

use kiln_tensor::random::Key;
use rayon::prelude::*;

pub use caption::{MOST_WORDS, VOCABULARY};
pub use layout::{Direction, Position, SceneLayout};
pub use words::{Colour, Shape, Size, Texture, Tone};

use crate::{DataKind, Dataset, Parts};

/// `builtin:scenes`.
pub const KIND: DataKind = DataKind {
    name: "builtin:scenes",
    argument: "",
    about: "procedural scenes of coloured shapes, 32×32, with labels, captions and masks",
    accepts: str::is_empty,
    open: |_, options| parts(options.seed, 32).converted(options),
};

/// `builtin:scenes-64`.
pub const KIND_64: DataKind = DataKind {
    name: "builtin:scenes-64",
    argument: "",
    about: "the same scenes, 64×64",
    accepts: str::is_empty,
    open: |_, options| parts(options.seed, 64).converted(options),
};

/// The shapes, which are the classes.
pub const CLASSES: usize = Shape::ALL.len();

/// Scenes in the training part of [`parts`].
pub const TRAIN: usize = 20_000;

/// Scenes in the test part of [`parts`].
pub const TEST: usize = 2_000;

/// The least height and width of a picture in pixels; in fewer, a small star can't be told from a circle.
pub const LEAST_SIDE: usize = 24;

/// One thing in a scene. Positions and lengths are fractions of the picture's side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SceneObject {
    /// Its shape.
    pub shape: Shape,
    /// Its colour.
    pub colour: Colour,
    /// Whether it is small or large.
    pub size: Size,
    /// Where its centre is, from the left and from the top.
    pub centre: [f32; 2],
    /// Half the side of the square around its centre that holds it.
    pub radius: f32,
    /// How far it is turned clockwise, in degrees between −12 and 12.
    pub angle: f32,
}

/// Surface behind the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SceneBackground {
    /// Its colour.
    pub tone: Tone,
    /// Whether it is cloudy.
    pub texture: Texture,
}

/// The description of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// One to three objects of different colours, in the order of the layout. They don't overlap.
    pub objects: Vec<SceneObject>,
    /// How they stand to each other.
    pub layout: SceneLayout,
    /// Surface behind them.
    pub background: SceneBackground,
}

impl Scene {
    /// The main object, whose shape is the class of the picture: the large one, and where none or several are
    /// large, the first of them from the left, or from the top in a line that goes down.
    pub fn main(&self) -> &SceneObject {
        &self.objects[Scene::main_of(&self.objects)]
    }

    fn main_of(objects: &[SceneObject]) -> usize {
        objects.iter().position(|object| object.size == Size::Large).unwrap_or(0)
    }
}

/// A scene with its picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// The picture, 3×S×S: all of red, then green, then blue, each in rows from the top.
    pub pixels: Vec<u8>,
    /// The class, that of [`Scene::main`]: an index into [`Shape::ALL`].
    pub label: u32,
    /// One English sentence without a full stop, of the words of [`VOCABULARY`]. It names every object with
    /// size, colour and shape, how they stand, and the background, and is true.
    pub caption: String,
    /// Class of each pixel, S×S: 0 for background, otherwise 1 and the class of the object that
    /// covers more than half of it. The hole of a ring is background.
    pub mask: Vec<u8>,
    /// Objects that were drawn.
    pub scene: Scene,
}

/// The scene number `index` of `key`, drawn at `side`×`side` pixels.
///
/// It is a pure function of its arguments, and its scene and caption don't depend on `side`. Each run of
/// eight indices that begins at a multiple of eight holds every class once, in random order.
///
/// # Panics
/// When `side` is below [`LEAST_SIDE`].
#[track_caller]
pub fn scene(key: Key, index: u32, side: usize) -> Drawn {
    assert!(side >= LEAST_SIDE, "scenes: a side of {side} pixels is too small; take {LEAST_SIDE} or more");
    let classes = CLASSES as u32;
    let order = key.purpose("class").step(index / classes).permutation(CLASSES);
    let main = Shape::ALL[order[(index % classes) as usize] as usize];
    let scene = compose::compose(main, &mut key.purpose("compose").step(index).stream());
    let caption = caption::caption(&scene, &mut key.purpose("caption").step(index).stream());
    let (pixels, mask) = paint::paint(&scene, side, key.purpose("paint").step(index));
    Drawn { pixels, label: main.class(), caption, mask, scene }
}

/// Scenes, each kind of annotation in one sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotated {
    /// The pictures, N×3×S×S.
    pub images: Vec<u8>,
    /// The class of each.
    pub labels: Vec<u32>,
    /// The caption of each.
    pub captions: Vec<String>,
    /// The mask of each, N×S×S; see [`Drawn::mask`].
    pub masks: Vec<u8>,
}

/// The first `n` scenes of `key` at `side`×`side` pixels. The same for any number of threads.
///
/// # Panics
/// When `n` is more than 2³² − 1, or `side` is below [`LEAST_SIDE`].
#[track_caller]
pub fn annotated(key: Key, n: usize, side: usize) -> Annotated {
    assert!(u32::try_from(n).is_ok(), "scenes: {n} scenes are more than can be numbered");
    assert!(side >= LEAST_SIDE, "scenes: a side of {side} pixels is too small; take {LEAST_SIDE} or more");
    let plane = side * side;
    let mut images = vec![0; n * 3 * plane];
    let mut masks = vec![0; n * plane];
    let (labels, captions) = (images.par_chunks_exact_mut(3 * plane))
        .zip(masks.par_chunks_exact_mut(plane))
        .enumerate()
        .map(|(index, (image, mask))| {
            let drawn = scene(key, index as u32, side);
            image.copy_from_slice(&drawn.pixels);
            mask.copy_from_slice(&drawn.mask);
            (drawn.label, drawn.caption)
        })
        .unzip();
    Annotated { images, labels, captions, masks }
}

/// The first `n` scenes of `seed` at `side`×`side` pixels, labelled. The same for any number of threads.
///
/// # Panics
/// When `n` is 0 or more than 2³² − 1, or `side` is below [`LEAST_SIDE`].
#[track_caller]
pub fn dataset(seed: u64, n: usize, side: usize) -> Dataset {
    render("scenes", Key::new(seed).purpose("scenes"), n, side)
}

/// [`TRAIN`] scenes to train on, those of [`dataset`], and [`TEST`] others to test with.
///
/// # Panics
/// When `side` is below [`LEAST_SIDE`].
#[track_caller]
pub fn parts(seed: u64, side: usize) -> Parts {
    let test = render("scenes test", Key::new(seed).purpose("scenes-test"), TEST, side);
    Parts::new(dataset(seed, TRAIN, side), Some(test))
}

#[track_caller]
fn render(name: &str, key: Key, n: usize, side: usize) -> Dataset {
    assert!(n > 0, "scenes: a data set of no scenes can't be made");
    let Annotated { images, labels, captions, masks } = annotated(key, n, side);
    let names = Shape::ALL.map(|shape| shape.word().to_owned()).to_vec();
    Dataset::new(name, [3, side, side], images)
        .and_then(|set| set.with_labels(labels, CLASSES))
        .and_then(|set| set.with_class_names(names))
        .and_then(|set| set.with_captions(captions))
        .and_then(|set| set.with_masks(masks, CLASSES + 1))
        .expect("scenes are of one size, at least one, with labels below the number of shapes")
}
