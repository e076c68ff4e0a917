//! How sure a figure is.

use crate::error::MeasureError;
use crate::features::FeatureSet;

/// Standard errors on either side of a value that hold 95 % of a normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Number of blocks that a jackknife leaves out one after the other.
const BLOCKS: usize = 10;

/// Mean and sample standard deviation; 0 for one value.
pub(crate) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, if values.len() > 1 { (squares / (count - 1.0)).sqrt() } else { 0.0 })
}

/// The 95 % interval around a value of this standard error.
pub fn normal_interval(value: f64, standard_error: f64) -> [f64; 2] {
    [value - Z * standard_error, value + Z * standard_error]
}

/// The 95 % interval of a share that was seen in `right` of `count` independent cases (Wilson, 1927); all of `[0, 1]`
/// without a case.
pub fn wilson_interval(right: usize, count: usize) -> [f64; 2] {
    if count == 0 {
        return [0.0, 1.0];
    }
    let (n, share) = (count as f64, right as f64 / count as f64);
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    [((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0)]
}

/// The standard error of a figure of two sets, by the jackknife that leaves out a tenth of one of them at a time
/// (Efron and Stein, 1981; Kunsch, 1989). The tenths follow each other in the set, so that images whose classes take turns are
/// in equal parts in each.
///
/// # Errors
/// That of the figure.
pub fn jackknife_error(
    a: &FeatureSet,
    b: &FeatureSet,
    figure: impl Fn(&FeatureSet, &FeatureSet) -> Result<f64, MeasureError>,
) -> Result<f64, MeasureError> {
    let without = |set: &FeatureSet, block: usize| {
        set.select((0..set.len()).filter(|number| number * BLOCKS / set.len() != block))
    };
    let of_first: Vec<f64> =
        (0..BLOCKS).map(|block| figure(&without(a, block), b)).collect::<Result<_, _>>()?;
    let of_second: Vec<f64> =
        (0..BLOCKS).map(|block| figure(a, &without(b, block))).collect::<Result<_, _>>()?;
    let variance = |values: &[f64]| {
        let (_, deviation) = mean_and_deviation(values);
        let blocks = BLOCKS as f64;
        (blocks - 1.0) * (blocks - 1.0) / blocks * deviation * deviation
    };
    Ok((variance(&of_first) + variance(&of_second)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_tensor::random::Key;

    #[test]
    fn shares_have_wilsons_interval() {
        // As in Newcombe (1998), 81 of 263.
        let [low, high] = wilson_interval(81, 263);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
        assert_eq!(wilson_interval(0, 20)[0], 0.0);
        assert_eq!(wilson_interval(20, 20)[1], 1.0);
        assert_eq!(wilson_interval(0, 0), [0.0, 1.0]);
    }

    #[test]
    fn the_jackknife_finds_the_error_of_a_difference_of_means() {
        let set = |seed: u64, deviation: f64| {
            let key = Key::new(seed);
            FeatureSet::new(1, (0..4000).map(|i| deviation * key.normal(i)).collect())
        };
        let difference = |a: &FeatureSet, b: &FeatureSet| Ok(a.mean()[0] - b.mean()[0]);
        let error = jackknife_error(&set(1, 3.0), &set(2, 4.0), difference).unwrap();
        // √(9 / 4000 + 16 / 4000); ten blocks know it to about a fifth.
        assert!((error / (25.0f64 / 4000.0).sqrt() - 1.0).abs() < 0.5, "{error}");
        // Classes that take turns, ten of them, far apart: without one of them the mean would be another.
        let classes = |seed: u64| {
            let set = set(seed, 1.0);
            FeatureSet::new(
                1,
                set.values().iter().enumerate().map(|(i, v)| v + 100.0 * (i % 10) as f64).collect(),
            )
        };
        let error = jackknife_error(&classes(1), &classes(2), difference).unwrap();
        assert!((error / (2.0f64 / 4000.0).sqrt() - 1.0).abs() < 0.5, "{error}");
    }
}
