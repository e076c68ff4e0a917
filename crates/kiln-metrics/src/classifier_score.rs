//! The score that a classifier gives a set.

use crate::error::{MeasureError, check_samples};
use crate::features::FeatureSet;
use crate::interval::mean_and_deviation;

/// The mean of a score over parts of a set, and how far they spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassifierScore {
    /// Mean over the parts.
    pub mean: f64,
    /// Standard deviation over the parts; 0 for one.
    pub deviation: f64,
}

/// The classifier score (Salimans et al., 2016, who take the Inception network, for which it is called inception score): of
/// each of `splits` parts, one after the other in the set, `exp` of the mean Kullback–Leibler divergence from a sample's
/// class probabilities to their mean over the part. From 1, for samples that all look alike or like nothing, to the number
/// of classes. Samples that are left over by equal parts are not looked at.
///
/// # Errors
/// [`MeasureError::Samples`], for fewer samples than parts.
///
/// # Panics
/// When `splits` is 0.
#[track_caller]
pub fn classifier_score(probabilities: &FeatureSet, splits: usize) -> Result<ClassifierScore, MeasureError> {
    assert!(splits > 0, "classifier_score: no part");
    check_samples("classifier score", splits, probabilities.len())?;
    let size = probabilities.len() / splits;
    let score = |part: usize| {
        let part = probabilities.select(part * size..(part + 1) * size);
        let mean = part.mean();
        // What has no probability adds nothing, as `x ln x` goes to 0.
        let term = |(p, mean): (&f64, &f64)| if *p > 0.0 { p * (p / mean).ln() } else { 0.0 };
        let divergence: f64 = part.rows().map(|row| row.iter().zip(&mean).map(term).sum::<f64>()).sum();
        (divergence / size as f64).exp()
    };
    let scores: Vec<f64> = (0..splits).map(score).collect();
    let (mean, deviation) = mean_and_deviation(&scores);
    Ok(ClassifierScore { mean, deviation })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sure_and_even_is_the_number_of_classes_and_alike_is_one() {
        let sure = |at: usize| (0..4).map(move |class| if class == at % 4 { 1.0 } else { 0.0 });
        let even = FeatureSet::new(4, (0..40).flat_map(sure).collect());
        let score = classifier_score(&even, 10).unwrap();
        assert!((score.mean - 4.0).abs() < 1e-12 && score.deviation < 1e-12, "{score:?}");
        let alike = FeatureSet::new(4, [0.7, 0.1, 0.1, 0.1].repeat(40));
        assert!((classifier_score(&alike, 10).unwrap().mean - 1.0).abs() < 1e-12);
        assert!(classifier_score(&alike, 41).is_err());
    }
}
