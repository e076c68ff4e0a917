//! Figures of what a model does, taken over a whole set.

mod anomaly;
mod cas;
mod classes;
mod digits;
mod distances;
mod latents;
mod likelihood;
mod memorised;
mod modes;
#[cfg(test)]
mod testing;

use crate::FeatureNet;
use crate::digits::DigitClassifier;
use crate::error::MeasureError;
use crate::figure::Figure;
use kiln_data::Dataset;
use kiln_nn::{Images, TensorOptions, Training};
use kiln_tensor::random::Key;
use std::sync::Arc;

pub use anomaly::AnomalyScore;
pub use cas::ClassificationScore;
pub use classes::ClassShare;
pub use digits::DigitShare;
pub use distances::SetDistances;
pub use latents::{LatentCodes, LatentUse, active_units, latent_codes};
pub use likelihood::LogLikelihood;
pub use memorised::{MemorisedShare, NearestImages, nearest_images};
pub use modes::ModeShare;

/// Number of images that are made or read together, which bounds the memory it takes.
const AT_ONCE: usize = 256;

/// Number of real images by which it is seen whether the digit classifier reads them.
const READ: usize = 500;

/// The least share of them that it must read right, for its word about made ones to count.
const LEAST_READ: f64 = 0.9;

/// What a measure looks at besides the model.
#[derive(Clone, Copy)]
pub struct MeasureCtx<'a> {
    /// Samples that the model was trained on, if they are there.
    pub train: Option<&'a Dataset>,
    /// Samples that it wasn't trained on.
    pub test: Option<&'a Dataset>,
    /// The network by whose features and classes images are compared; without one, a network of this crate that fits them.
    pub net: Option<&'a Arc<FeatureNet>>,
    /// Number of samples to make, and to look at.
    pub count: usize,
    /// Number of codes to draw of each image whose likelihood is estimated.
    pub draws: usize,
    /// Key of all random numbers.
    pub key: Key,
}

/// A value of a [`Figure`], and how sure it is.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureValue {
    /// Name of the figure.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// Bounds that hold the figure of endlessly many samples in 95 of 100 cases, where they are known.
    pub interval: Option<[f64; 2]>,
    /// What real images get in the place of made ones.
    pub floor: Option<f64>,
}

impl FigureValue {
    /// A value alone.
    pub fn new(name: &'static str, value: f64) -> FigureValue {
        FigureValue { name, value, interval: None, floor: None }
    }

    /// With the bounds of its interval.
    #[must_use]
    pub fn within(self, interval: [f64; 2]) -> FigureValue {
        FigureValue { interval: Some(interval), ..self }
    }

    /// With what real images get.
    #[must_use]
    pub fn with_floor(self, floor: f64) -> FigureValue {
        FigureValue { floor: Some(floor), ..self }
    }
}

/// What a measure found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasureResult {
    /// The figures; none where something could not be measured.
    pub figures: Vec<FigureValue>,
    /// Sentences without a full stop that belong to the figures: counts, networks, and what could not be measured, and why.
    pub notes: Vec<String>,
}

impl MeasureResult {
    /// Nothing but a sentence.
    fn note(note: impl Into<String>) -> MeasureResult {
        MeasureResult { figures: Vec::new(), notes: vec![note.into()] }
    }
}

/// A figure of a trained model, or some that belong together. The training loop and `kiln eval` take the same ones.
pub trait Measure: Send {
    /// The figures, a function of the model, the data and the key alone; `None` where the model lacks the ability that is
    /// measured, or the data what it takes.
    ///
    /// # Errors
    /// The failure of a device, or a sample that can't be read.
    fn take(
        &mut self,
        model: &mut dyn Training,
        cx: &MeasureCtx,
    ) -> Result<Option<MeasureResult>, MeasureError>;
}

/// A measure of the table.
pub struct MeasureEntry {
    /// Name by which a recipe asks for it.
    pub name: &'static str,
    /// What it measures, without a full stop.
    pub about: &'static str,
    /// The figures that it may take.
    pub figures: &'static [Figure],
    /// Makes it.
    pub make: fn() -> Box<dyn Measure>,
}

/// All measures.
pub const MEASURES: &[MeasureEntry] = &[
    MeasureEntry {
        name: "digits",
        about: "share of made images that a classifier takes for digits, and for the digit that was asked for",
        figures: digits::FIGURES,
        make: || Box::new(DigitShare::new()),
    },
    MeasureEntry {
        name: "classes",
        about: "share of made images that a given classifier takes for one of its classes, and for the class that was asked for",
        figures: classes::FIGURES,
        make: || Box::new(ClassShare::new()),
    },
    MeasureEntry {
        name: "modes",
        about: "number of the data's known modes that made samples are of: Gaussians of points, or digits of stacked MNIST",
        figures: modes::FIGURES,
        make: || Box::new(ModeShare::new()),
    },
    MeasureEntry {
        name: "distances",
        about: "distances between made and real images by the features of a network, and how they cover each other",
        figures: distances::FIGURES,
        make: || Box::new(SetDistances::new()),
    },
    MeasureEntry {
        name: "memorised",
        about: "share of made images that are copies of training images, by the features of a network",
        figures: memorised::FIGURES,
        make: || Box::new(MemorisedShare::new()),
    },
    MeasureEntry {
        name: "cas",
        about: "accuracy on real images of a classifier that was trained on made ones alone",
        figures: cas::FIGURES,
        make: || Box::new(ClassificationScore::new()),
    },
    MeasureEntry {
        name: "likelihood",
        about: "bounds on the log likelihood of images held out, by importance weights of drawn codes",
        figures: likelihood::FIGURES,
        make: || Box::new(LogLikelihood),
    },
    MeasureEntry {
        name: "latents",
        about: "which latents are used, and what they know of factors that are known",
        figures: latents::FIGURES,
        make: || Box::new(LatentUse),
    },
    MeasureEntry {
        name: "anomaly",
        about: "how surely images of a class that was left out of training are found strange",
        figures: anomaly::FIGURES,
        make: || Box::new(AnomalyScore),
    },
];

/// The measure of this name.
pub fn measure(name: &str) -> Option<Box<dyn Measure>> {
    MEASURES.iter().find(|entry| entry.name == name).map(|entry| (entry.make)())
}

/// Images of a set by their numbers, in host memory in the end.
fn real_images(
    set: &Dataset,
    numbers: &[u32],
    mut each: impl FnMut(&Images) -> Result<(), MeasureError>,
) -> Result<(), MeasureError> {
    for part in numbers.chunks(AT_ONCE) {
        each(kiln_data::batch(set, part, &TensorOptions::cpu_f32())?.images())?;
    }
    Ok(())
}

/// The images that a model makes of a key, a part at a time; `None` where it makes none.
fn made_images(
    model: &mut dyn Training,
    cx: &MeasureCtx,
    mut each: impl FnMut(&Images) -> Result<(), MeasureError>,
) -> Result<Option<()>, MeasureError> {
    let Some(generator) = model.generator() else { return Ok(None) };
    for start in (0..cx.count).step_by(AT_ONCE) {
        each(&generator.draw_range(start..(start + AT_ONCE).min(cx.count), cx.key, None)?)?;
    }
    Ok(Some(()))
}

/// Why the digit classifier can say nothing about images like these, if it can't: it must read those that are real. Nothing
/// is known where there are no real ones.
fn digits_unread(cx: &MeasureCtx) -> Result<Option<String>, MeasureError> {
    let Some(set) = cx.test.or(cx.train) else { return Ok(None) };
    if set.info().image != Some([1, 28, 28]) || set.classes() != 10 {
        return Ok(Some(
            "no digits: the built-in classifier reads grey images of 28x28 of ten classes".to_owned(),
        ));
    }
    let labels = set.labels().unwrap_or_default();
    let numbers: Vec<u32> = (0..set.len().min(READ) as u32).collect();
    let batch = kiln_data::batch(set, &numbers, &TensorOptions::cpu_f32())?;
    let share = DigitClassifier::trained().accuracy(batch.images(), labels)?;
    Ok((share < LEAST_READ).then(|| {
        format!("no digits: the built-in classifier reads {:.0} % of the real images right", 100.0 * share)
    }))
}

/// The network by whose features images like these are told apart.
fn feature_net(cx: &MeasureCtx) -> Result<Arc<FeatureNet>, MeasureError> {
    if let Some(net) = cx.net {
        return Ok(net.clone());
    }
    let reads = cx.test.or(cx.train).is_some() && digits_unread(cx)?.is_none();
    Ok(Arc::new(if reads { FeatureNet::digits() } else { FeatureNet::scenes() }))
}
