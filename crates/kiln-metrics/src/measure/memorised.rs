//! Does a model remember its training images?

use super::{FigureValue, Measure, MeasureCtx, MeasureResult, feature_net, made_images, real_images};
use crate::error::MeasureError;
use crate::feature_net::FeatureNet;
use crate::features::FeatureSet;
use crate::figure::Figure;
use crate::{Neighbour, memorised_share, nearest, wilson_interval};
use kiln_data::Dataset;
use kiln_nn::{Images, Training};
use std::sync::Arc;

/// The figure.
pub const FIGURES: &[Figure] = &[Figure::less(
    "memorised",
    "share of made images nearer to a training image than that is to any other; about half for new ones",
)];

/// Number of training images among which the nearest are looked for; the search of all of them would take longer than
/// anything else.
const MOST: usize = 20_000;

/// [`memorised_share`] by the features of a network; its floor is that of images held out. What is known of the training
/// images is kept, so that one value measures any number of models on one data set.
#[derive(Default)]
pub struct MemorisedShare {
    known: Option<KnownSet>,
}

/// The features of training images.
struct KnownSet {
    /// Size of the data set.
    of: usize,
    net: Arc<FeatureNet>,
    features: FeatureSet,
}

impl MemorisedShare {
    /// By the network that fits the real images.
    pub fn new() -> Self {
        MemorisedShare::default()
    }
}

impl Measure for MemorisedShare {
    fn take(
        &mut self,
        model: &mut dyn Training,
        cx: &MeasureCtx,
    ) -> Result<Option<MeasureResult>, MeasureError> {
        let shaped = |set: &'_ Dataset| set.info().image.filter(|_| set.len() > 1);
        let Some((train, shape)) = cx.train.and_then(|set| Some((set, shaped(set)?))) else {
            return Ok(None);
        };
        if model.generator().is_none() {
            return Ok(None);
        }
        let known = match self.known.take().filter(|known| known.of == train.len()) {
            Some(known) => known,
            None => {
                let net = feature_net(cx)?;
                let features = features(&net, train, train.len().min(MOST))?;
                KnownSet { of: train.len(), net, features }
            }
        };
        let KnownSet { net, features: known, .. } = self.known.insert(known);
        let searched = known.len();
        let mut made = net.empty_view().features;
        made_images(model, cx, |images| {
            made.extend(&net.view(images)?.features);
            Ok(())
        })?;
        let share = memorised_share(known, &made)?;
        let copies = (share * made.len() as f64).round() as usize;
        let mut figure = FigureValue::new("memorised", share).within(wilson_interval(copies, made.len()));
        let mut note = format!(
            "memorised: the nearest of {searched} training images to {} made ones, by the features of {}",
            made.len(),
            net.described_for(shape)
        );
        if let Some(test) = cx.test {
            let held_out = features(net, test, test.len().min(cx.count))?;
            figure = figure.with_floor(memorised_share(known, &held_out)?);
            note += &format!("; floor: {} images held out", held_out.len());
        }
        Ok(Some(MeasureResult { figures: vec![figure], notes: vec![note] }))
    }
}

/// Made images, and the training images that each is nearest to.
#[derive(Clone, Debug)]
pub struct NearestImages {
    /// The made images, a part after the other.
    pub made: Vec<Images>,
    /// For each made image, the nearest of training, the nearest first.
    pub nearest: Vec<Vec<Neighbour>>,
    /// What they were found by, without a full stop.
    pub note: String,
}

/// `cx.count` made images, each with the `k` training images that are nearest to it by the features of a network: what is to
/// be looked at where a model may remember; `None` where it makes no images, or there are none of training.
///
/// # Errors
/// The failure of a device, or a sample that can't be read.
pub fn nearest_images(
    model: &mut dyn Training,
    cx: &MeasureCtx,
    k: usize,
) -> Result<Option<NearestImages>, MeasureError> {
    let Some(train) = cx.train.filter(|set| set.info().image.is_some()) else { return Ok(None) };
    if model.generator().is_none() {
        return Ok(None);
    }
    let net = feature_net(cx)?;
    let searched = train.len().min(MOST);
    let known = features(&net, train, searched)?;
    let (mut made, mut of_made) = (Vec::new(), net.empty_view().features);
    made_images(model, cx, |images| {
        of_made.extend(&net.view(images)?.features);
        made.push(images.clone());
        Ok(())
    })?;
    let note = format!("the nearest of {searched} training images, by the features of {}", net.id());
    Ok(Some(NearestImages { made, nearest: nearest(&of_made, &known, k), note }))
}

/// The features of the first images of a set.
fn features(net: &FeatureNet, set: &Dataset, count: usize) -> Result<FeatureSet, MeasureError> {
    let numbers: Vec<u32> = (0..count as u32).collect();
    let mut all = net.empty_view().features;
    real_images(set, &numbers, |images| {
        all.extend(&net.view(images)?.features);
        Ok(())
    })?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Replay;
    use super::*;
    use kiln_data::glyphs;
    use kiln_tensor::random::Key;

    #[test]
    fn the_nearest_training_image_of_a_copy_is_what_was_copied() {
        let train = glyphs::dataset(1, 60);
        let cx =
            MeasureCtx { train: Some(&train), test: None, net: None, count: 5, draws: 10, key: Key::new(1) };
        let found = nearest_images(&mut Replay::of(train.clone()), &cx, 3).unwrap().unwrap();
        let first: Vec<usize> = found.nearest.iter().map(|near| near[0].index).collect();
        assert_eq!(first, [0, 1, 2, 3, 4]);
        // Features of an image don't depend on those beside it, to the bit.
        assert!(found.nearest.iter().all(|near| near.len() == 3 && near[0].distance == 0.0));
        assert_eq!(found.made.iter().map(Images::len).sum::<usize>(), 5);
    }

    #[test]
    fn a_model_that_shows_its_training_images_remembers_them() {
        let (train, test) = (glyphs::dataset(1, 500), glyphs::dataset(2, 200));
        let cx = MeasureCtx {
            train: Some(&train),
            test: Some(&test),
            net: None,
            count: 200,
            draws: 10,
            key: Key::new(1),
        };
        let of = |shown: Dataset| {
            let result = MemorisedShare::new().take(&mut Replay::of(shown), &cx).unwrap().unwrap();
            result.figures[0].clone()
        };
        let (copies, fresh) = (of(train.clone()), of(glyphs::dataset(3, 200)));
        assert_eq!(copies.value, 1.0);
        let floor = fresh.floor.unwrap();
        assert!((fresh.value - floor).abs() < 0.12 && (0.3..0.7).contains(&floor), "{fresh:?}");
    }
}
