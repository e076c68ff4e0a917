//! How many of the modes of the data does a model make?

use super::{FigureValue, Measure, MeasureCtx, MeasureResult, made_images};
use crate::error::MeasureError;
use crate::feature_net::FeatureNet;
use crate::features::FeatureSet;
use crate::figure::Figure;
use crate::interval::wilson_interval;
use crate::modes::{mixture_coverage, mode_coverage};
use kiln_data::{Dataset, Modes};
use kiln_nn::{Images, Training};

/// The figures.
pub const FIGURES: &[Figure] = &[
    Figure::more("modes", "number of modes of the data among made samples"),
    Figure::more("high_quality", "share of made points within three deviations of a mode's middle"),
    Figure::less("divergence", "divergence in nats of the modes' frequencies from those of the data"),
];

/// Modes of a distribution whose modes are [known](Dataset::modes).
///
/// Of mixtures of Gaussians, points within three standard deviations of a middle: `modes`, those with one such point, and `high_quality`, the share
/// of such points (Srivastava et al., 2017; Lin et al., 2018). The floor is what real points get, of those held out if there are such.
///
/// Of stacked MNIST, by a classifier of single digits ([`MeasureCtx::net`]): `modes`, the triples of digits that occur, and `divergence`, that of their
/// frequencies from those of the training images (Metz et al., 2016).
#[derive(Default)]
pub struct ModeShare;

impl ModeShare {
    /// By what is known of the data.
    pub fn new() -> Self {
        ModeShare
    }
}

impl Measure for ModeShare {
    fn take(
        &mut self,
        model: &mut dyn Training,
        cx: &MeasureCtx,
    ) -> Result<Option<MeasureResult>, MeasureError> {
        let Some((train, modes)) = cx.train.and_then(|set| Some((set, set.modes()?))) else {
            return Ok(None);
        };
        match modes {
            Modes::Mixture { middles, deviation } => {
                let dims = middles.first().map_or(0, Vec::len);
                of_points(model, cx, &FeatureSet::new(dims, middles.concat()), *deviation)
            }
            Modes::Channels { classes } => of_channels(model, cx, train, *classes),
        }
    }
}

fn of_points(
    model: &mut dyn Training,
    cx: &MeasureCtx,
    middles: &FeatureSet,
    deviation: f64,
) -> Result<Option<MeasureResult>, MeasureError> {
    let Some(generator) = model.point_generator().filter(|model| model.coordinates() == middles.dims())
    else {
        return Ok(None);
    };
    let made = FeatureSet::new(middles.dims(), generator.draw(cx.count, cx.key)?.to_f64_vec()?);
    let Some(found) = mixture_coverage(&made, middles, deviation) else { return Ok(None) };
    let right = (found.high_quality * made.len() as f64).round() as usize;
    let mut figures = [
        FigureValue::new("modes", found.modes as f64),
        FigureValue::new("high_quality", found.high_quality).within(wilson_interval(right, made.len())),
    ];
    let mut note = format!(
        "modes of {} made points: within three deviations of {deviation} of {} middles",
        made.len(),
        middles.len()
    );
    if let Some(real) = cx.test.or(cx.train).and_then(Dataset::points) {
        let real = FeatureSet::new(middles.dims(), real.iter().map(|value| f64::from(*value)).collect());
        if let Some(floor) = mixture_coverage(&real, middles, deviation) {
            figures[0].floor = Some(floor.modes as f64);
            figures[1].floor = Some(floor.high_quality);
            note += &format!("; real: {} points", real.len());
        }
    }
    Ok(Some(MeasureResult { figures: figures.into(), notes: vec![note] }))
}

fn of_channels(
    model: &mut dyn Training,
    cx: &MeasureCtx,
    train: &Dataset,
    classes: usize,
) -> Result<Option<MeasureResult>, MeasureError> {
    let Some([channels, ..]) = train.info().image else { return Ok(None) };
    if model.generator().is_none() {
        return Ok(None);
    }
    let Some(net) = cx.net.filter(|net| net.classes() == classes && net.shape()[0] == 1) else {
        return Ok(Some(MeasureResult::note(format!(
            "no modes: they are counted by a classifier of grey images of {classes} classes; name the run of one with --features"
        ))));
    };
    let mut counts = vec![0; classes.pow(channels as u32)];
    made_images(model, cx, |images| {
        for mode in modes_of(net, images, channels)? {
            counts[mode] += 1;
        }
        Ok(())
    })?;
    let mut real = vec![0.0; counts.len()];
    for label in train.labels().unwrap_or_default() {
        real[*label as usize] += 1.0;
    }
    let Some(found) = mode_coverage(&counts, &real) else { return Ok(None) };
    let all = real.iter().filter(|count| **count > 0.0).count();
    let figures = vec![
        FigureValue::new("modes", found.modes as f64).with_floor(all as f64),
        FigureValue::new("divergence", found.divergence).with_floor(0.0),
    ];
    let note =
        format!("modes of {} made images, each channel by {}; real: the training images", cx.count, net.id());
    Ok(Some(MeasureResult { figures, notes: vec![note] }))
}

/// The mode of each image: the classes of its channels as digits of a number.
fn modes_of(net: &FeatureNet, images: &Images, channels: usize) -> Result<Vec<usize>, MeasureError> {
    let mut modes = vec![0; images.len()];
    for channel in 0..channels {
        let grey = Images::new(images.unit().narrow(1, channel, 1), kiln_nn::PixelRange::Unit);
        for (mode, row) in modes.iter_mut().zip(net.view(&grey)?.probabilities.rows()) {
            let class = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or(0);
            *mode = *mode * net.classes() + class;
        }
    }
    Ok(modes)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Replay;
    use super::*;
    use kiln_data::{glyphs, stacked};
    use kiln_tensor::random::Key;
    use std::sync::Arc;

    #[test]
    fn copies_of_stacked_digits_have_their_modes() {
        let train = stacked::stacked(&glyphs::dataset(1, 400), 1).unwrap();
        let net = Arc::new(FeatureNet::digits());
        let cx = MeasureCtx {
            train: Some(&train),
            test: None,
            net: Some(&net),
            count: 400,
            draws: 10,
            key: Key::new(1),
        };
        let take =
            |mut model: Replay, cx: &MeasureCtx| ModeShare::new().take(&mut model, cx).unwrap().unwrap();
        let found = take(Replay::of(train.clone()), &cx);
        let of = |name: &str| found.figures.iter().find(|figure| figure.name == name).unwrap().clone();
        // Some digits are misread, so that a mode is lost or added here and there.
        let all = of("modes").floor.unwrap();
        assert!((of("modes").value - all).abs() < 0.1 * all, "{:?}", of("modes"));
        let without = MeasureCtx { net: None, ..cx };
        let said = take(Replay::of(train.clone()), &without);
        assert!(said.figures.is_empty() && said.notes[0].contains("--features"), "{said:?}");
    }

    #[test]
    fn one_mode_is_one_and_diverges() {
        let train = stacked::stacked(&glyphs::dataset(1, 400), 1).unwrap();
        let net = Arc::new(FeatureNet::digits());
        let one = Dataset::new("one", [3, 28, 28], train.image(3).unwrap().repeat(50)).unwrap();
        let cx = MeasureCtx {
            train: Some(&train),
            test: None,
            net: Some(&net),
            count: 50,
            draws: 10,
            key: Key::new(1),
        };
        let found = ModeShare::new().take(&mut Replay::of(one), &cx).unwrap().unwrap();
        assert_eq!(found.figures[0].value, 1.0);
        assert!(found.figures[1].value > 3.0, "{found:?}");
    }
}
