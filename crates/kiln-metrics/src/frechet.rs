//! The Fréchet distance between two sets.

use crate::error::{MeasureError, check_samples};
use crate::features::FeatureSet;
use crate::linalg::{Columns, dot, product_with_transpose, r_factor, singular_values};

/// The least number of samples of a set; with fewer a covariance says nothing.
const LEAST: usize = 10;

const NAME: &str = "Fréchet distance";

/// The Fréchet distance between the normal distributions that have the means and unbiased covariances of two sets
/// (Dowson and Landau, 1982; Heusel et al., 2017): `|μ₁ − μ₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½)`. 0 for a set and itself.
///
/// The trace of the square root is the sum of the singular values of `F₁ F₂ᵀ` for any factors of the covariances,
/// `C = FᵀF`; a factor of the centred vectors' QR decomposition is one. So no root of a matrix is taken, which comes out
/// complex where a covariance has no full rank, as with fewer samples than dimensions.
///
/// The distance of finite sets is too large on average, the more the smaller they are: compare only figures of equal counts.
///
/// # Errors
/// [`MeasureError::Samples`], for fewer than 10 samples.
///
/// # Panics
/// When the vectors have different lengths.
#[track_caller]
pub fn frechet_distance(a: &FeatureSet, b: &FeatureSet) -> Result<f64, MeasureError> {
    a.check_dims(b, "frechet_distance");
    Ok(Moments::of(a)?.distance(&Moments::of(b)?))
}

/// Mean and covariance of a set, as far as a [Fréchet distance](frechet_distance) needs them; kept where a set is compared
/// with several.
#[derive(Clone, Debug)]
pub struct Moments {
    mean: Vec<f64>,
    /// A factor `F` of the covariance, `C = FᵀF`, by columns.
    factor: Columns,
}

impl Moments {
    /// The moments of a set.
    ///
    /// # Errors
    /// [`MeasureError::Samples`], for fewer than 10 samples.
    pub fn of(set: &FeatureSet) -> Result<Moments, MeasureError> {
        check_samples(NAME, LEAST, set.len())?;
        let (mean, scale) = (set.mean(), (set.len() as f64 - 1.0).sqrt());
        let column = |j: usize| set.rows().map(|row| (row[j] - mean[j]) / scale).collect();
        let factor = r_factor((0..set.dims()).map(column).collect());
        Ok(Moments { mean, factor })
    }

    /// The distance between the distributions.
    ///
    /// # Panics
    /// When the vectors had different lengths.
    #[track_caller]
    pub fn distance(&self, other: &Moments) -> f64 {
        assert!(
            self.mean.len() == other.mean.len(),
            "frechet_distance: moments of vectors of {} and of {} numbers",
            self.mean.len(),
            other.mean.len()
        );
        let means: f64 = self.mean.iter().zip(&other.mean).map(|(a, b)| (a - b) * (a - b)).sum();
        let trace = |factor: &Columns| factor.iter().map(|column| dot(column, column)).sum::<f64>();
        let root: f64 = singular_values(product_with_transpose(&self.factor, &other.factor)).iter().sum();
        (means + trace(&self.factor) + trace(&other.factor) - 2.0 * root).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_tensor::random::Key;

    fn normal(count: usize, dims: usize, seed: u64) -> FeatureSet {
        let key = Key::new(seed);
        FeatureSet::new(dims, (0..count * dims).map(|i| key.normal(i as u64)).collect())
    }

    /// Samples whose covariance is exactly diagonal, by the corners of a box around a middle.
    fn corners(middle: [f64; 3], deviations: [f64; 3]) -> FeatureSet {
        // 16 points: each corner twice; the unbiased variance of ±s is 16/15 s².
        let scale = (15.0f64 / 16.0).sqrt();
        let corner = |i: usize| {
            (0..3).map(move |j| middle[j] + scale * deviations[j] * if i >> j & 1 == 0 { -1.0 } else { 1.0 })
        };
        FeatureSet::new(3, (0..16).flat_map(corner).collect())
    }

    #[test]
    fn a_set_is_at_no_distance_from_itself() {
        for (count, dims) in [(200, 8), (64, 64), (20, 50), (10, 1)] {
            let set = normal(count, dims, 3);
            let distance = frechet_distance(&set, &set).unwrap();
            assert!(distance < 1e-12, "{count} of {dims}: {distance}");
        }
    }

    #[test]
    fn known_gaussians_are_at_their_distance() {
        // |Δμ|² and Σ (s₁ − s₂)²: 14 + 1 + 0 + 4.
        let (a, b) = (corners([0.0; 3], [1.0, 2.0, 3.0]), corners([1.0, -2.0, 3.0], [2.0, 2.0, 1.0]));
        assert!((frechet_distance(&a, &b).unwrap() - 19.0).abs() < 1e-13);
        // A flat one: no full rank, whose root an iteration finds complex or not at all.
        let flat = corners([0.0; 3], [1.0, 0.0, 0.0]);
        assert!((frechet_distance(&a, &flat).unwrap() - 13.0).abs() < 1e-13);
    }

    #[test]
    fn too_few_samples_are_refused_in_a_sentence() {
        let error = frechet_distance(&normal(9, 4, 1), &normal(50, 4, 2)).unwrap_err().to_string();
        assert_eq!(error, "the Fréchet distance needs at least 10 samples, but there are 9; measure more");
    }
}
