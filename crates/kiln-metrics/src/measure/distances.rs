//! Distances between what a model makes and real images.

use super::{FigureValue, Measure, MeasureCtx, MeasureResult, feature_net, made_images, real_images};
use crate::error::MeasureError;
use crate::feature_net::{FeatureNet, NetView};
use crate::features::FeatureSet;
use crate::figure::Figure;
use crate::interval::{jackknife_error, normal_interval, wilson_interval};
use crate::pixels::PixelSet;
use crate::{
    Moments, classifier_score, density_coverage, kernel_distance_of_subsets, power_spectrum,
    precision_recall, spectral_distance,
};
use kiln_data::Dataset;
use kiln_nn::{Images, Training};
use kiln_tensor::random::Key;
use std::sync::Arc;

/// The figures, by the features of a network that is named with them.
pub const FIGURES: &[Figure] = &[
    Figure::less("frechet", "Fréchet distance by the features of a network"),
    Figure::less("kernel", "kernel distance by the features of a network, unbiased"),
    Figure::more("precision", "share of made images that lie among real ones: quality"),
    Figure::more("recall", "share of real images that lie among made ones: variety"),
    Figure {
        name: "density",
        better: None,
        about: "real images' neighbourhoods that a made image lies in; 1 for real ones",
    },
    Figure::more("coverage", "share of real images with a made one in their neighbourhood"),
    Figure::more("score", "classifier score: how sure and how even the network's classes are"),
    Figure::less("spectrum", "mean difference of the power spectra, in decades"),
];

/// The least number of images a side for a Fréchet distance; with fewer the kernel distance stands alone, which has no bias.
const LEAST_FRECHET: usize = 2000;

/// Neighbours of precision and recall, and of density and coverage, as their papers take them.
const NEIGHBOURS: [usize; 2] = [3, 5];

/// Subsets of a kernel distance, and their size.
const SUBSETS: usize = 50;
const SUBSET_SIZE: usize = 1000;

/// Parts of a classifier score.
const SPLITS: usize = 10;

/// The least number of images for anything here.
const LEAST: usize = 20;

/// Distances between made and real images by the features of a network: Fréchet and kernel distance, precision, recall,
/// density, coverage; the classifier score; and the distance of the power spectra. As many real images as made ones, of
/// training; the floor is what as many others of them get in the place of made ones.
///
/// What is known of the real images is kept, so that one value measures any number of models on one data set.
#[derive(Default)]
pub struct SetDistances {
    net: Option<Arc<FeatureNet>>,
    real: Option<RealSide>,
}

/// Images as a network sees them, and as they are.
struct SeenSet {
    view: NetView,
    spectrum: Vec<f64>,
}

/// The real images, and what others of them get.
struct RealSide {
    /// Samples a side, key, and size of the data set.
    of: (usize, Key, usize),
    net: Arc<FeatureNet>,
    seen: SeenSet,
    floors: Vec<FigureValue>,
}

impl SetDistances {
    /// By the network that fits the real images.
    pub fn new() -> Self {
        SetDistances::default()
    }

    /// By this network.
    pub fn by(net: FeatureNet) -> Self {
        SetDistances { net: Some(Arc::new(net)), real: None }
    }

    fn real(&mut self, train: &Dataset, count: usize, cx: &MeasureCtx) -> Result<&RealSide, MeasureError> {
        let of = (count, cx.key, train.len());
        let known = self.real.take().filter(|real| real.of == of);
        let real = match known {
            Some(real) => real,
            None => {
                let net = match &self.net {
                    Some(net) => net.clone(),
                    None => feature_net(cx)?,
                };
                let order = cx.key.purpose("halves").permutation(train.len());
                let seen = real_set(&net, train, &order[..count])?;
                let others = real_set(&net, train, &order[count..2 * count])?;
                let floors = compare(&seen, &others, cx.key, false)?;
                RealSide { of, net, seen, floors }
            }
        };
        Ok(self.real.insert(real))
    }
}

impl Measure for SetDistances {
    fn take(
        &mut self,
        model: &mut dyn Training,
        cx: &MeasureCtx,
    ) -> Result<Option<MeasureResult>, MeasureError> {
        let Some((train, shape)) = cx.train.and_then(|set| Some((set, set.info().image?))) else {
            return Ok(None);
        };
        if model.generator().is_none() {
            return Ok(None);
        }
        // Two disjoint parts: what made images are compared with, and what stands in for them.
        let count = cx.count.min(train.len() / 2);
        if count < LEAST {
            return Ok(Some(MeasureResult::note(format!(
                "no distances: they need {LEAST} made images and {} of training, and there are {} and {}",
                2 * LEAST,
                cx.count,
                train.len()
            ))));
        }
        let RealSide { net, seen, floors, .. } = self.real(train, count, cx)?;
        let mut made = Seen::new(net);
        made_images(model, &MeasureCtx { count, ..*cx }, |images| made.add(net, images))?;
        let figures = compare(seen, &made.finish(), cx.key, true)?;
        let with_floor = |(figure, floor): (FigureValue, &FigureValue)| figure.with_floor(floor.value);
        let figures = figures.into_iter().zip(floors).map(with_floor).collect();
        let mut notes = vec![format!(
            "distances by the features of {}, {count} made images beside {count} of training; floor: {count} others of training",
            net.described_for(shape)
        )];
        if count < LEAST_FRECHET {
            notes.push(format!(
                "no Fréchet distance: with fewer than {LEAST_FRECHET} images a side it says more of their number than of them"
            ));
        }
        Ok(Some(MeasureResult { figures, notes }))
    }
}

/// Images that are being looked at, a part at a time.
struct Seen {
    view: NetView,
    spectra: Vec<f64>,
    count: usize,
}

impl Seen {
    fn new(net: &FeatureNet) -> Seen {
        Seen { view: net.empty_view(), spectra: Vec::new(), count: 0 }
    }

    fn add(&mut self, net: &FeatureNet, images: &Images) -> Result<(), MeasureError> {
        let view = net.view(images)?;
        self.view.features.extend(&view.features);
        self.view.probabilities.extend(&view.probabilities);
        let spectrum = power_spectrum(&PixelSet::of(images)?);
        self.spectra.resize(spectrum.len(), 0.0);
        let weight = images.len() as f64;
        self.spectra.iter_mut().zip(&spectrum).for_each(|(sum, power)| *sum += weight * power);
        self.count += images.len();
        Ok(())
    }

    fn finish(self) -> SeenSet {
        let count = self.count.max(1) as f64;
        SeenSet { view: self.view, spectrum: self.spectra.into_iter().map(|sum| sum / count).collect() }
    }
}

fn real_set(net: &FeatureNet, set: &Dataset, numbers: &[u32]) -> Result<SeenSet, MeasureError> {
    let mut seen = Seen::new(net);
    real_images(set, numbers, |images| seen.add(net, images))?;
    Ok(seen.finish())
}

/// The figures of a set that is compared with a real one of the same size, with their intervals if they are `wanted`.
fn compare(real: &SeenSet, made: &SeenSet, key: Key, wanted: bool) -> Result<Vec<FigureValue>, MeasureError> {
    let (a, b) = (&real.view.features, &made.view.features);
    let count = a.len();
    let mut figures = Vec::new();
    if count >= LEAST_FRECHET {
        let of = |a: &FeatureSet, b: &FeatureSet| Ok(Moments::of(a)?.distance(&Moments::of(b)?));
        let mut figure = FigureValue::new("frechet", of(a, b)?);
        if wanted {
            let [low, high] = normal_interval(figure.value, jackknife_error(a, b, of)?);
            figure = figure.within([low.max(0.0), high]);
        }
        figures.push(figure);
    }
    let size = SUBSET_SIZE.min(count / 2);
    let kernel = kernel_distance_of_subsets(a, b, SUBSETS, size, key.purpose("kernel"))?;
    // Subsets of one set spread less than sets would (Shao and Wu, 1989: a jackknife that leaves out many).
    let error = kernel.deviation * (size as f64 / (count - size) as f64).sqrt();
    figures.push(FigureValue::new("kernel", kernel.mean).within(normal_interval(kernel.mean, error)));
    let share = |name, share: f64| {
        let right = (share * count as f64).round() as usize;
        FigureValue::new(name, share).within(wilson_interval(right, count))
    };
    let shares = precision_recall(a, b, NEIGHBOURS[0])?;
    figures.push(share("precision", shares.precision));
    figures.push(share("recall", shares.recall));
    let shares = density_coverage(a, b, NEIGHBOURS[1])?;
    let interval = normal_interval(shares.density, shares.density_error);
    figures.push(FigureValue::new("density", shares.density).within(interval));
    figures.push(share("coverage", shares.coverage));
    let score = classifier_score(&made.view.probabilities, SPLITS)?;
    let error = score.deviation / (SPLITS as f64).sqrt();
    figures.push(FigureValue::new("score", score.mean).within(normal_interval(score.mean, error)));
    figures.push(FigureValue::new("spectrum", spectral_distance(&real.spectrum, &made.spectrum)));
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Replay;
    use super::*;
    use kiln_data::glyphs;

    /// Figures by name, of a model that shows the images of a set as its own.
    fn figures(shown: Dataset, train: &Dataset, count: usize) -> impl Fn(&str) -> FigureValue {
        let cx = MeasureCtx { train: Some(train), test: None, net: None, count, draws: 10, key: Key::new(1) };
        let result = SetDistances::new().take(&mut Replay::of(shown), &cx).unwrap().unwrap();
        move |name| result.figures.iter().find(|known| known.name == name).unwrap().clone()
    }

    #[test]
    fn real_images_are_at_the_floor_and_others_are_not() {
        let train = glyphs::dataset(1, 800);
        let same = figures(glyphs::dataset(2, 400), &train, 400);
        let kernel = same("kernel");
        let ([low, high], floor) = (kernel.interval.unwrap(), kernel.floor.unwrap());
        assert!(low < floor && floor < high, "{kernel:?}");
        assert!(same("precision").value > 0.9 && same("recall").value > 0.9);
        assert!((same("density").value - 1.0).abs() < 0.15 && same("coverage").value > 0.9);
        // One digit alone is precise, and lacks the others.
        let ones = glyphs::dataset(2, 4000);
        let numbers: Vec<usize> = (0..4000).filter(|at| ones.labels().unwrap()[*at] == 1).collect();
        let pixels: Vec<u8> = numbers.iter().flat_map(|at| ones.image(*at).unwrap()).collect();
        let ones = figures(Dataset::new("ones", [1, 28, 28], pixels).unwrap(), &train, 300);
        assert!(ones("kernel").value > 10.0 * high.abs(), "{:?}", ones("kernel"));
        assert!(ones("precision").value > 0.8 && ones("coverage").value < 0.3);
        assert!(ones("score").value < 2.0 && same("score").value > 5.0, "{:?}", ones("score"));
    }

    #[test]
    fn few_images_are_said_to_be_few() {
        let train = glyphs::dataset(1, 30);
        let cx = MeasureCtx {
            train: Some(&train),
            test: None,
            net: None,
            count: 100,
            draws: 10,
            key: Key::new(1),
        };
        let result =
            SetDistances::new().take(&mut Replay::of(glyphs::dataset(2, 100)), &cx).unwrap().unwrap();
        assert!(result.figures.is_empty());
        assert_eq!(
            result.notes,
            ["no distances: they need 20 made images and 40 of training, and there are 100 and 30"]
        );
    }
}
