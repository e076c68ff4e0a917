//! Classification accuracy score.

use super::{FigureValue, Measure, MeasureCtx, MeasureResult, made_images};
use crate::error::MeasureError;
use crate::feature_net::classifier;
use crate::figure::Figure;
use crate::wilson_interval;
use kiln_data::Dataset;
use kiln_grad::{Tensor, no_grad};
use kiln_nn::layers::Sequential;
use kiln_nn::loss::cross_entropy;
use kiln_nn::optim::{Adam, Optimizer};
use kiln_nn::{Ctx, Images, Module, TensorOptions, Training, named_parameters};
use kiln_tensor::random::Key;

/// The figure.
pub const FIGURES: &[Figure] = &[Figure::more(
    "cas",
    "classification accuracy score: accuracy on real images of a classifier trained on made ones alone",
)];

/// Channels after the first convolution of the classifier.
const WIDTH: usize = 16;

/// Steps, samples of a step, and the learning rate, which falls to 0 along half a cosine.
const STEPS: usize = 600;
const BATCH: usize = 64;
const RATE: f64 = 2e-3;

/// Number of images that are classified together.
const AT_ONCE: usize = 256;

/// The classification accuracy score (Ravuri and Vinyals, 2019): a classifier is trained on made images of known classes and
/// tested on real ones held out; its floor is the accuracy of the same classifier trained on as many real ones. It sees
/// what distances don't: whether the classes are right, and have the variety that is needed to learn them.
pub struct ClassificationScore {
    steps: usize,
}

impl ClassificationScore {
    /// By a classifier of three convolutions of stride 2 and a dense layer, and 600 steps.
    pub fn new() -> Self {
        ClassificationScore { steps: STEPS }
    }
}

impl Default for ClassificationScore {
    fn default() -> Self {
        ClassificationScore::new()
    }
}

/// Labelled images in host memory, the values in `[-1, 1]`.
struct LabelledImages {
    shape: [usize; 3],
    values: Vec<f32>,
    labels: Vec<u32>,
}

impl LabelledImages {
    fn add(&mut self, images: &Images) -> Result<(), MeasureError> {
        self.values.extend(images.signed().to_f64_vec()?.into_iter().map(|value| value as f32));
        Ok(())
    }

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn select(&self, numbers: &[u32]) -> (Tensor, Tensor) {
        let size = self.shape.iter().product::<usize>();
        let image = |number: &u32| &self.values[*number as usize * size..][..size];
        let values: Vec<f32> = numbers.iter().flat_map(image).copied().collect();
        let labels: Vec<u32> = numbers.iter().map(|number| self.labels[*number as usize]).collect();
        let (device, [c, h, w]) = (TensorOptions::default().device, self.shape);
        let images = Tensor::from_slice(&values, [numbers.len(), c, h, w], &device);
        (images, Tensor::from_slice(&labels, [numbers.len()], &device))
    }
}

impl Measure for ClassificationScore {
    fn take(
        &mut self,
        model: &mut dyn Training,
        cx: &MeasureCtx,
    ) -> Result<Option<MeasureResult>, MeasureError> {
        let (Some(train), Some(test)) = (cx.train, cx.test) else { return Ok(None) };
        let (Some(shape), classes) = (train.info().image, train.classes()) else { return Ok(None) };
        let is_conditional = model.generator().is_some_and(|generator| generator.classes() == classes);
        if classes < 2 || !is_conditional {
            return Ok(None);
        }
        let count = cx.count.min(train.len());
        // Image `i` is asked to be of class `i mod classes`.
        let labels = (0..count).map(|at| (at % classes) as u32).collect();
        let mut made = LabelledImages { shape, values: Vec::new(), labels };
        made_images(model, &MeasureCtx { count, ..*cx }, |images| made.add(images))?;
        let order = cx.key.purpose("real").permutation(train.len());
        let real = labelled(train, &order[..count], shape)?;
        let every: Vec<u32> = (0..test.len() as u32).collect();
        let test = labelled(test, &every, shape)?;
        let score = |set: &LabelledImages| accuracy(&trained(set, classes, self.steps, cx.key), &test);
        let (right, floor) = (score(&made)?, score(&real)?);
        let value = right as f64 / test.len() as f64;
        let figure = FigureValue::new("cas", value).within(wilson_interval(right, test.len()));
        let notes = vec![format!(
            "cas: a classifier of {} steps on {count} made images, tested on {} held out; floor: on {count} real ones",
            self.steps,
            test.len()
        )];
        let figures = vec![figure.with_floor(floor as f64 / test.len() as f64)];
        Ok(Some(MeasureResult { figures, notes }))
    }
}

fn labelled(set: &Dataset, numbers: &[u32], shape: [usize; 3]) -> Result<LabelledImages, MeasureError> {
    let all = set.labels().unwrap_or_default();
    let labels = numbers.iter().map(|number| all[*number as usize]).collect();
    let mut images = LabelledImages { shape, values: Vec::new(), labels };
    super::real_images(set, numbers, |part| images.add(part))?;
    Ok(images)
}

/// A classifier that was trained on these images.
fn trained(set: &LabelledImages, classes: usize, steps: usize, key: Key) -> Sequential {
    let key = key.purpose("classifier");
    let mut net = classifier(set.shape, classes, WIDTH, key, &TensorOptions::default());
    let mut adam = Adam::new(named_parameters(&mut net), RATE);
    let mut order = Vec::new();
    for step in 0..steps {
        adam.set_lr(RATE * (0.5 + 0.5 * (std::f64::consts::PI * step as f64 / steps as f64).cos()));
        if order.len() < BATCH.min(set.len()) {
            order = key.purpose("order").step(step as u32).permutation(set.len());
        }
        let (images, labels) = set.select(&order.split_off(order.len().saturating_sub(BATCH)));
        adam.minimize(cross_entropy(&net.forward(&images, &mut Ctx::train(key.step(step as u32))), &labels));
    }
    net
}

/// Number of images whose class it tells right.
fn accuracy(net: &Sequential, test: &LabelledImages) -> Result<usize, MeasureError> {
    let all: Vec<u32> = (0..test.len() as u32).collect();
    let mut right = 0;
    for part in all.chunks(AT_ONCE) {
        let (images, labels) = test.select(part);
        let guesses = no_grad(|| net.forward(&images, &mut Ctx::eval())).argmax(-1).to_vec::<u32>()?;
        right +=
            guesses.iter().zip(labels.to_vec::<u32>()?).filter(|(guess, label)| **guess == *label).count();
    }
    Ok(right)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Replay;
    use super::*;
    use kiln_data::glyphs;

    #[test]
    fn images_of_the_right_classes_teach_what_real_ones_do() {
        let (train, test) = (glyphs::dataset(1, 600), glyphs::dataset(2, 300));
        let cx = MeasureCtx {
            train: Some(&train),
            test: Some(&test),
            net: None,
            count: 600,
            draws: 10,
            key: Key::new(1),
        };
        let of = |shown: Dataset| {
            let mut measure = ClassificationScore { steps: 60 };
            let result = measure.take(&mut Replay::by_class(shown), &cx).unwrap().unwrap();
            result.figures[0].clone()
        };
        let fresh = of(glyphs::dataset(3, 600));
        let floor = fresh.floor.unwrap();
        assert!(fresh.value > 0.75 && (fresh.value - floor).abs() < 0.06, "{fresh:?}");
        // A model without classes has none to be right about.
        assert!(ClassificationScore::new().take(&mut Replay::of(train.clone()), &cx).unwrap().is_none());
    }
}
