//! How likely a model finds images that it wasn't trained on.

use super::{FigureValue, Measure, MeasureCtx, MeasureResult};
use crate::error::MeasureError;
use crate::figure::Figure;
use crate::interval::{mean_and_deviation, normal_interval};
use kiln_nn::likelihood::bits_per_dimension;
use kiln_nn::{Batch, Density, Training};
use kiln_tensor::random::Key;

/// The figures.
pub const FIGURES: &[Figure] = &[
    Figure::more("elbo", "bound on the log likelihood by one draw of the code, in nats"),
    Figure::more("bound_5", "bound by five draws together, in nats"),
    Figure::more("bound_50", "bound by fifty draws together, in nats"),
    Figure::more("log_likelihood", "log likelihood by all draws together, in nats"),
    Figure::less("bits", "bits for each value of an image, by the log likelihood"),
];

/// Number of codes whose images are made at once, which bounds the memory it takes.
const AT_ONCE: usize = 2048;

/// Number of images whose codes are drawn together.
const IMAGES: usize = 32;

/// Bounds on the log likelihood of images held out (Burda et al., 2016): `elbo`, the mean of the logarithms of importance weights
/// of codes drawn from `q(z|x)`; `bound_5` and `bound_50`, the logarithm of the mean weight of so many draws; `log_likelihood`,
/// that of all draws of an image, which comes close to the likelihood itself. All of the same weights, added up in `f64`. Of a
/// model of bytes also `bits`.
pub struct LogLikelihood;

impl Measure for LogLikelihood {
    fn take(
        &mut self,
        model: &mut dyn Training,
        cx: &MeasureCtx,
    ) -> Result<Option<MeasureResult>, MeasureError> {
        let (Some(density), Some(set)) = (model.density(), cx.test) else { return Ok(None) };
        let Some(image) = set.info().image else { return Ok(None) };
        let (count, draws) = (set.len().min(cx.count), cx.draws.max(1));
        let mut of_bounds: Vec<(&'static str, usize, Vec<f64>)> =
            [("elbo", 1), ("bound_5", 5), ("bound_50", 50), ("log_likelihood", draws)]
                .into_iter()
                .filter(|(_, together)| *together <= draws)
                .map(|(name, together)| (name, together, Vec::with_capacity(count)))
                .collect();
        let key = cx.key.purpose("likelihood");
        for start in (0..count).step_by(IMAGES) {
            let numbers: Vec<u32> = (start as u32..(start + IMAGES).min(count) as u32).collect();
            let batch = kiln_data::batch(set, &numbers, density.options())?;
            for weights in log_weights(density, &batch, draws, key.step(start as u32))? {
                for (_, together, values) in &mut of_bounds {
                    values.push(bound(&weights, *together));
                }
            }
        }
        let interval = |values: &[f64]| {
            let (mean, deviation) = mean_and_deviation(values);
            (mean, normal_interval(mean, deviation / (values.len() as f64).sqrt()))
        };
        let mut figures: Vec<FigureValue> = of_bounds
            .iter()
            .map(|(name, _, values)| {
                let (mean, bounds) = interval(values);
                FigureValue::new(name, mean).within(bounds)
            })
            .collect();
        if density.is_over_bytes()
            && let Some(value) = figures.last().map(|figure| figure.value)
        {
            figures.push(FigureValue::new("bits", bits_per_dimension(-value, image)));
        }
        let of_classes = if density.classes() > 0 { ", each given its class" } else { "" };
        let notes = vec![format!(
            "bounds and log likelihood by importance weights of {draws} codes drawn from q(z|x) for each of {count} images \
             held out{of_classes}, added up in f64; intervals are over the images"
        )];
        Ok(Some(MeasureResult { figures, notes }))
    }
}

/// The logarithms of so many weights of each image of a batch, a part of them at a time.
pub(super) fn log_weights(
    density: &mut dyn Density,
    batch: &Batch,
    draws: usize,
    key: Key,
) -> Result<Vec<Vec<f64>>, MeasureError> {
    let classes = (density.classes() > 0).then(|| batch.labels().clone());
    let images = batch.images();
    let part = (AT_ONCE / images.len().max(1)).max(1);
    let mut all: Vec<Vec<f64>> = vec![Vec::with_capacity(draws); images.len()];
    for start in (0..draws).step_by(part) {
        let count = part.min(draws - start);
        let key = key.purpose(&start.to_string());
        let weights = density.log_weights(images, classes.as_ref(), count, key)?.to_f64_vec()?;
        all.iter_mut().zip(weights.chunks(count)).for_each(|(all, new)| all.extend_from_slice(new));
    }
    Ok(all)
}

/// The mean, over groups of so many, of the logarithm of the group's mean weight.
pub(super) fn bound(log_weights: &[f64], together: usize) -> f64 {
    let groups = log_weights.chunks_exact(together);
    let count = groups.len() as f64;
    let of_group = |logs: &[f64]| {
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + (logs.iter().map(|log| (log - most).exp()).sum::<f64>() / together as f64).ln()
    };
    groups.map(of_group).sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::super::testing::GaussianModel;
    use super::*;
    use kiln_data::Dataset;

    #[test]
    fn bounds_of_groups_are_the_means_of_their_logarithms() {
        let logs = [-1000.0, -1001.0, -1002.0, -1000.5];
        assert!((bound(&logs, 1) + 1000.875).abs() < 1e-12);
        let pair = |a: f64, b: f64| ((a + 1000.0).exp() / 2.0 + (b + 1000.0).exp() / 2.0).ln() - 1000.0;
        let want = (pair(-1000.0, -1001.0) + pair(-1002.0, -1000.5)) / 2.0;
        assert!((bound(&logs, 2) - want).abs() < 1e-12);
        assert!(bound(&logs, 4) >= bound(&logs, 2) && bound(&logs, 2) >= bound(&logs, 1));
    }

    /// A model whose likelihood is known: `z ~ N(0, 1)`, `x ~ N(z, 1)`, and a `q(z|x)` that is off. Its bounds rise to `ln N(x; 0, 2)`.
    #[test]
    fn bounds_rise_to_a_likelihood_that_is_known() {
        let bytes: Vec<u8> = (0..40).map(|at| at * 6).collect();
        let set = Dataset::new("points", [1, 1, 1], bytes.clone()).unwrap();
        let cx =
            MeasureCtx { train: None, test: Some(&set), net: None, count: 40, draws: 5000, key: Key::new(1) };
        let taken = LogLikelihood.take(&mut GaussianModel, &cx).unwrap().unwrap();
        let of = |name: &str| taken.figures.iter().find(|figure| figure.name == name).unwrap().value;
        let want = bytes
            .iter()
            .map(|byte| (f64::from(*byte) / 255.0).powi(2))
            .map(|square| -0.25 * square - 0.5 * (2.0 * std::f64::consts::TAU).ln())
            .sum::<f64>()
            / 40.0;
        assert!((of("log_likelihood") - want).abs() < 2e-3, "{} instead of {want}", of("log_likelihood"));
        assert!(of("elbo") < of("bound_5") && of("bound_5") < of("bound_50"));
        assert!(of("bound_50") < want + 2e-3 && of("elbo") < want - 0.05, "{taken:?}");
        assert!(taken.notes[0].contains("5000 codes") && taken.notes[0].contains("40 images"));
    }
}
