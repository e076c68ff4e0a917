//! What the latents of a model are used for.

use super::{FigureValue, Measure, MeasureCtx, MeasureResult};
use crate::error::MeasureError;
use crate::features::FeatureSet;
use crate::figure::Figure;
use crate::information::FactorInformation;
use kiln_data::Dataset;
use kiln_nn::{Density, Training};
use kiln_tensor::random::Key;

/// The figures.
pub const FIGURES: &[Figure] = &[
    Figure { name: "active_units", better: None, about: "number of latents that differ from image to image" },
    Figure::more("mig", "how much each known factor has a latent of its own, from 0 to 1"),
];

/// The least variance of a latent's mean over images with which it counts as active (Burda et al., 2016).
const ACTIVE: f64 = 0.01;

/// Number of images whose codes are taken together.
const AT_ONCE: usize = 256;

/// The latents of images held out: `active_units`, the number of those whose means have a variance above 0.01 over the images, and
/// of sets whose factors are known `mig`, the mutual information gap (Chen et al., 2018) of codes drawn from `q(z|x)`. The notes
/// have the divergence of each latent from its prior.
pub struct LatentUse;

/// Codes of a set's first images, and what they cost.
pub struct LatentCodes {
    /// The most likely codes.
    pub means: FeatureSet,
    /// One code of each image, drawn from `q(z|x)`.
    pub draws: FeatureSet,
    /// Mean divergence from the prior of each latent, in nats.
    pub divergences: Vec<f64>,
}

/// The codes of the first `count` images of a set, by a density.
///
/// # Errors
/// The failure of a device, or a sample that can't be read.
pub fn latent_codes(
    density: &mut dyn Density,
    set: &Dataset,
    count: usize,
    key: Key,
) -> Result<LatentCodes, MeasureError> {
    let (mut means, mut draws, mut divergences) = (Vec::new(), Vec::new(), Vec::new());
    let count = count.min(set.len());
    let mut latents = 1;
    for start in (0..count).step_by(AT_ONCE) {
        let numbers: Vec<u32> = (start as u32..(start + AT_ONCE).min(count) as u32).collect();
        let batch = kiln_data::batch(set, &numbers, density.options())?;
        let classes = (density.classes() > 0).then(|| batch.labels().clone());
        let of_part = density.latents(batch.images(), classes.as_ref(), key.step(start as u32))?;
        latents = of_part.means.dims()[1];
        means.extend(of_part.means.to_f64_vec()?);
        draws.extend(of_part.draws.to_f64_vec()?);
        divergences.resize(latents, 0.0);
        for kl in of_part.kl.to_f64_vec()?.chunks(latents) {
            divergences.iter_mut().zip(kl).for_each(|(sum, one)| *sum += one / count as f64);
        }
    }
    Ok(LatentCodes {
        means: FeatureSet::new(latents, means),
        draws: FeatureSet::new(latents, draws),
        divergences,
    })
}

/// Number of latents whose means vary by more than 0.01.
pub fn active_units(means: &FeatureSet) -> usize {
    let middle = means.mean();
    let variance = |latent: usize| {
        let squares: f64 = means.rows().map(|row| (row[latent] - middle[latent]).powi(2)).sum();
        squares / means.len() as f64
    };
    (0..means.dims()).filter(|latent| variance(*latent) > ACTIVE).count()
}

impl Measure for LatentUse {
    fn take(
        &mut self,
        model: &mut dyn Training,
        cx: &MeasureCtx,
    ) -> Result<Option<MeasureResult>, MeasureError> {
        let (Some(density), Some(set)) = (model.density(), cx.test) else { return Ok(None) };
        // All there are, where factors are to be told apart: information takes many samples.
        let count = if set.factors().is_some() { set.len() } else { cx.count };
        let codes = latent_codes(density, set, count, cx.key.purpose("latents"))?;
        let mut figures = vec![FigureValue::new("active_units", active_units(&codes.means) as f64)];
        let mut order: Vec<usize> = (0..codes.divergences.len()).collect();
        order.sort_by(|a, b| codes.divergences[*b].total_cmp(&codes.divergences[*a]));
        let listed: Vec<String> =
            order.iter().map(|latent| format!("{latent}: {:.2}", codes.divergences[*latent])).collect();
        let images = codes.means.len();
        let mut notes = vec![format!(
            "divergence of each latent from the prior over {images} images held out, in nats, the largest first: {}",
            listed.join(", ")
        )];
        if let Some(factors) = set.factors() {
            let values: Vec<Vec<u32>> =
                (0..factors.names().len()).map(|factor| factors.values(factor)[..images].to_vec()).collect();
            let known = FactorInformation::of(&codes.draws, &values);
            let gaps = known.gaps();
            let gaps = factors.names().iter().zip(&gaps).map(|(name, gap)| format!("{name} {gap:.3}"));
            notes.push(format!(
                "mig by mutual information of {images} drawn codes in 64 cells of equal counts, corrected for their number: {}",
                gaps.collect::<Vec<_>>().join(", ")
            ));
            figures.push(FigureValue::new("mig", known.mig()));
        }
        Ok(Some(MeasureResult { figures, notes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latents_whose_means_stay_are_not_active() {
        let rows = (0..100).flat_map(|at| [f64::from(at % 2), 0.05 * f64::from(at % 2), 3.0]);
        assert_eq!(active_units(&FeatureSet::new(3, rows.collect())), 1);
    }
}
