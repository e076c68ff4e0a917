//! Modes: which of the kinds of things there are a model makes, and how often.

use crate::features::FeatureSet;
use crate::neighbours::squared_distance;

/// The modes of a made set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModeCoverage {
    /// Number of modes that occur.
    pub modes: usize,
    /// Kullback–Leibler divergence in nats from the made frequencies to the real ones; 0 where they are the same.
    pub divergence: f64,
}

/// Modes by their counts among made samples, beside the real frequencies of the modes, which add up to any sum. For stacked
/// MNIST a mode is one of the 1000 triples of digits (Metz et al., 2016; Lin et al., 2018). A mode that is made and never
/// real makes the divergence infinite; `None` without a sample.
///
/// # Panics
/// When the two have different lengths.
#[track_caller]
pub fn mode_coverage(made: &[usize], real: &[f64]) -> Option<ModeCoverage> {
    assert!(
        made.len() == real.len(),
        "mode_coverage: counts of {} modes, frequencies of {}",
        made.len(),
        real.len()
    );
    let (count, total) = (made.iter().sum::<usize>() as f64, real.iter().sum::<f64>());
    let term = |(made, real): (&usize, &f64)| match *made as f64 / count {
        0.0 => 0.0,
        share => share * (share / (real / total)).ln(),
    };
    let divergence = made.iter().zip(real).map(term).sum();
    (count > 0.0).then(|| ModeCoverage { modes: made.iter().filter(|made| **made > 0).count(), divergence })
}

/// What a made set of points has of a mixture of Gaussians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MixtureCoverage {
    /// Number of Gaussians that a point of high quality belongs to.
    pub modes: usize,
    /// Share of points of high quality: within three standard deviations of the nearest middle.
    pub high_quality: f64,
}

/// Coverage of a mixture of Gaussians of one deviation by points (Srivastava et al., 2017; Lin et al., 2018). `None` without
/// a point.
///
/// # Panics
/// When there is no middle, or points and middles have different lengths.
#[track_caller]
pub fn mixture_coverage(
    points: &FeatureSet,
    middles: &FeatureSet,
    deviation: f64,
) -> Option<MixtureCoverage> {
    points.check_dims(middles, "mixture_coverage");
    assert!(!middles.is_empty(), "mixture_coverage: no middles");
    let (mut hit, mut good) = (vec![false; middles.len()], 0);
    let most = (3.0 * deviation) * (3.0 * deviation);
    for point in points.rows() {
        let distances = middles.rows().map(|middle| squared_distance(point, middle)).enumerate();
        let nearest = distances.min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((mode, _)) = nearest.filter(|(_, squared)| *squared <= most) {
            hit[mode] = true;
            good += 1;
        }
    }
    let high_quality = good as f64 / points.len() as f64;
    (!points.is_empty())
        .then(|| MixtureCoverage { modes: hit.into_iter().filter(|hit| *hit).count(), high_quality })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_data::points::{RING_DEVIATION, ring_centres};
    use kiln_tensor::random::Key;

    #[test]
    fn even_counts_diverge_from_nothing_and_one_mode_by_the_logarithm() {
        let all = mode_coverage(&[5; 8], &[1.0; 8]).unwrap();
        assert_eq!((all.modes, all.divergence), (8, 0.0));
        let one = mode_coverage(&[0, 40, 0, 0, 0, 0, 0, 0], &[1.0; 8]).unwrap();
        assert!(one.modes == 1 && (one.divergence - 8f64.ln()).abs() < 1e-15);
        assert_eq!(mode_coverage(&[1, 0], &[0.0, 1.0]).unwrap().divergence, f64::INFINITY);
        assert_eq!(mode_coverage(&[0, 0], &[1.0, 1.0]), None);
    }

    #[test]
    fn real_points_of_a_ring_have_all_modes_and_the_quality_of_three_deviations() {
        let middles = FeatureSet::new(2, ring_centres().concat());
        let key = Key::new(1);
        let made = |at: usize| {
            let middle = middles.row(at % 8);
            [0, 1].map(|axis| middle[axis] + RING_DEVIATION * key.normal((2 * at + axis) as u64))
        };
        let points = FeatureSet::new(2, (0..20_000).flat_map(made).collect());
        let coverage = mixture_coverage(&points, &middles, RING_DEVIATION).unwrap();
        // In two dimensions 1 − exp(−9/2) of a Gaussian lies within three deviations.
        assert!(coverage.modes == 8 && (coverage.high_quality - 0.98889).abs() < 0.002, "{coverage:?}");
        let centre = FeatureSet::new(2, vec![0.0; 20]);
        let none = mixture_coverage(&centre, &middles, RING_DEVIATION).unwrap();
        assert_eq!((none.modes, none.high_quality), (0, 0.0));
    }
}
