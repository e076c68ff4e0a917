//! How far two sets cover each other, by the balls around their samples.

use crate::error::{MeasureError, check_samples};
use crate::features::FeatureSet;
use crate::neighbours::{nearest, squared_distance, squared_radii, squared_radius};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Precision and recall of a made set, with the counts they are shares of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrecisionRecall {
    /// Share of made samples that lie within the real ones: quality.
    pub precision: f64,
    /// Share of real samples that lie within the made ones: variety.
    pub recall: f64,
}

/// Precision and recall (Kynkäänniemi et al., 2019): a set's region is the union of balls around its samples, each reaching
/// to the sample's `k`-th nearest other one. The paper takes `k` = 3.
///
/// # Errors
/// [`MeasureError::Samples`], for a set of `k` samples or fewer.
///
/// # Panics
/// When the vectors have different lengths, or `k` is 0.
#[track_caller]
pub fn precision_recall(
    real: &FeatureSet,
    made: &FeatureSet,
    k: usize,
) -> Result<PrecisionRecall, MeasureError> {
    check("measure of precision and recall", real, made, k)?;
    let share = |of: &FeatureSet, within: &FeatureSet| {
        let inside = balls_around(of, within, &squared_radii(within, k));
        inside.iter().filter(|balls| **balls > 0).count() as f64 / of.len() as f64
    };
    Ok(PrecisionRecall { precision: share(made, real), recall: share(real, made) })
}

/// Density and coverage of a made set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DensityCoverage {
    /// Mean number of real samples' balls that a made sample lies in, over `k`: about 1 for real samples, more where made
    /// ones crowd together in dense places.
    pub density: f64,
    /// Share of real samples whose ball holds a made one.
    pub coverage: f64,
    /// Standard error of the density, its samples being independent.
    pub density_error: f64,
}

/// Density and coverage (Naeem et al., 2020), by the balls around real samples that reach to the `k`-th nearest other real
/// one. Other than [precision and recall](precision_recall), they don't trust a made outlier's ball. The paper takes `k` = 5.
///
/// # Errors
/// [`MeasureError::Samples`], for a set of `k` samples or fewer.
///
/// # Panics
/// When the vectors have different lengths, or `k` is 0.
#[track_caller]
pub fn density_coverage(
    real: &FeatureSet,
    made: &FeatureSet,
    k: usize,
) -> Result<DensityCoverage, MeasureError> {
    check("measure of density and coverage", real, made, k)?;
    let radii = squared_radii(real, k);
    let densities: Vec<f64> =
        balls_around(made, real, &radii).into_iter().map(|balls| balls as f64 / k as f64).collect();
    let (density, deviation) = crate::interval::mean_and_deviation(&densities);
    let covered = (0..real.len())
        .into_par_iter()
        .filter(|&at| made.rows().any(|sample| squared_distance(real.row(at), sample) <= radii[at]));
    let coverage = covered.count() as f64 / real.len() as f64;
    Ok(DensityCoverage { density, coverage, density_error: deviation / (made.len() as f64).sqrt() })
}

/// Share of made samples that are nearer to a training sample than that is to any other one of training (Alaa et al., 2022,
/// who call the rest authentic). It is about one half for held-out samples of the same distribution, and near 1 for a model
/// that remembers what it was trained on. Where the training set has duplicates, their copies count.
///
/// # Errors
/// [`MeasureError::Samples`], for fewer than 2 training samples or no made one.
///
/// # Panics
/// When the vectors have different lengths.
#[track_caller]
pub fn memorised_share(train: &FeatureSet, made: &FeatureSet) -> Result<f64, MeasureError> {
    const NAME: &str = "share of memorised samples";
    train.check_dims(made, "memorised_share");
    check_samples(NAME, 2, train.len())?;
    check_samples(NAME, 1, made.len())?;
    let found = nearest(made, train, 1);
    // Of those training samples alone that are near to a made one: there may be many others.
    let hit: BTreeSet<usize> = found.iter().map(|found| found[0].index).collect();
    let radii: BTreeMap<usize, f64> =
        hit.into_par_iter().map(|at| (at, squared_radius(train, at, 1))).collect();
    let copies = found.iter().enumerate().filter(|(at, found)| {
        let nearest = found[0].index;
        let distance = squared_distance(made.row(*at), train.row(nearest));
        distance < radii[&nearest] || distance == 0.0
    });
    Ok(copies.count() as f64 / made.len() as f64)
}

#[track_caller]
fn check(measure: &'static str, real: &FeatureSet, made: &FeatureSet, k: usize) -> Result<(), MeasureError> {
    assert!(k > 0, "{measure}: k is 0");
    real.check_dims(made, measure);
    check_samples(measure, k + 1, real.len().min(made.len()))
}

/// For each sample, in how many balls around the others it lies.
fn balls_around(samples: &FeatureSet, centres: &FeatureSet, squared_radii: &[f64]) -> Vec<usize> {
    let rows: Vec<&[f64]> = samples.rows().collect();
    let count = |row: &[f64]| {
        let balls = centres.rows().zip(squared_radii);
        balls.filter(|(centre, radius)| squared_distance(row, centre) <= **radius).count()
    };
    rows.into_par_iter().map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_tensor::random::Key;

    fn normal(count: usize, scale: f64, seed: u64) -> FeatureSet {
        let key = Key::new(seed);
        FeatureSet::new(2, (0..count * 2).map(|i| scale * key.normal(i as u64)).collect())
    }

    #[test]
    fn a_narrow_set_is_precise_and_a_wide_one_recalls() {
        let real = normal(300, 1.0, 1);
        let of = |scale: f64| precision_recall(&real, &normal(300, scale, 2), 3).unwrap();
        let (narrow, same, wide) = (of(0.2), of(1.0), of(4.0));
        assert!(narrow.precision > 0.99 && narrow.recall < 0.3, "{narrow:?}");
        assert!(same.precision > 0.9 && same.recall > 0.9, "{same:?}");
        assert!(wide.precision < 0.5 && wide.recall > 0.9, "{wide:?}");
        // Of copies everything is inside.
        let copies = precision_recall(&real, &real, 3).unwrap();
        assert_eq!((copies.precision, copies.recall), (1.0, 1.0));
    }

    #[test]
    fn real_samples_have_density_one_and_a_lost_mode_costs_coverage() {
        let real = normal(400, 1.0, 1);
        let same = density_coverage(&real, &normal(400, 1.0, 2), 5).unwrap();
        assert!((same.density - 1.0).abs() < 0.1 && same.coverage > 0.9, "{same:?}");
        assert!((0.01..0.03).contains(&same.density_error), "{same:?}");
        let half = normal(400, 1.0, 2);
        let right = half.select((0..400).filter(|at| half.row(*at)[0] > 0.0));
        let lost = density_coverage(&real, &right, 5).unwrap();
        assert!((0.4..0.65).contains(&lost.coverage), "{lost:?}");
    }

    #[test]
    fn copies_are_memorised_and_fresh_samples_half() {
        let train = normal(300, 1.0, 1);
        assert_eq!(memorised_share(&train, &train).unwrap(), 1.0);
        let fresh = memorised_share(&train, &normal(1000, 1.0, 2)).unwrap();
        assert!((fresh - 0.5).abs() < 0.08, "{fresh}");
    }

    #[test]
    fn too_few_samples_are_refused() {
        let error = precision_recall(&normal(3, 1.0, 1), &normal(9, 1.0, 2), 3).unwrap_err().to_string();
        assert!(error.starts_with("the measure of precision and recall needs at least 4 samples"), "{error}");
    }
}
