//! The axes of a panel: the range of values that is shown, and the labels.

use plotters::coord::ranged1d::Ranged;
use plotters::coord::types::RangedCoordf64;

/// Largest number of labels on an axis.
pub const MOST_LABELS: usize = 7;

/// The values from the bottom (`low`) to the top (`high`) of a panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AxisRange {
    pub low: f64,
    pub high: f64,
}

impl AxisRange {
    /// The range of all of `values`, and of all but the outermost hundredths of each of the noisy ones: a single outlier
    /// must not flatten the rest.
    pub fn of(values: impl Iterator<Item = f64>, noisy: impl Iterator<Item = Vec<f64>>) -> AxisRange {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut show = |value: f64| (low, high) = (low.min(value), high.max(value));
        values.for_each(&mut show);
        for mut sorted in noisy {
            sorted.sort_unstable_by(f64::total_cmp);
            let outer = sorted.len() / 100;
            sorted.iter().take(outer + 1).skip(outer).copied().for_each(&mut show);
            sorted.iter().rev().take(outer + 1).skip(outer).copied().for_each(&mut show);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        // Wide enough that the labels differ.
        let least = 1e-6 * low.abs().max(high.abs()).max(1e-6);
        let margin = (0.05 * (high - low)).max(least);
        AxisRange { low: low - margin, high: high + margin }
    }
}

/// The form of an axis' labels: with as many digits as they need.
pub struct AxisLabels {
    unit: f64,
    suffix: &'static str,
    digits: usize,
    exponent: bool,
}

impl AxisLabels {
    /// Labels for an axis from `low` to `high`.
    pub fn new(low: f64, high: f64) -> AxisLabels {
        let places = RangedCoordf64::from(low..high).key_points(MOST_LABELS);
        let largest = low.abs().max(high.abs());
        let (unit, suffix) = match largest {
            size if size < 1e4 => (1.0, ""),
            size if size < 1e7 => (1e3, "k"),
            _ => (1e6, "M"),
        };
        let is_enough = |digits: &usize| {
            let shift = 10f64.powi(*digits as i32) / unit;
            places.iter().all(|place| (place * shift - (place * shift).round()).abs() < 1e-6)
        };
        let digits = (0..9).find(is_enough).unwrap_or(9);
        AxisLabels { unit, suffix, digits, exponent: !(1e-4..1e10).contains(&largest) }
    }

    /// The label of a value.
    pub fn text(&self, value: f64) -> String {
        if self.exponent {
            return format!("{value:.1e}");
        }
        // Sums of steps that should give zero miss it by a little.
        let is_zero = value.abs() < 1e-9 * self.unit;
        let (value, digits, suffix) =
            if is_zero { (0.0, 0, "") } else { (value / self.unit, self.digits, self.suffix) };
        format!("{value:.digits$}{suffix}").replace('-', "−")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_of_noisy_curves_are_cut_off() {
        let mut values: Vec<f64> = (0..200).map(|i| f64::from(i % 10)).collect();
        values[17] = 1e9;
        let range = AxisRange::of([2.0, 11.0].into_iter(), [values].into_iter());
        assert_eq!(range, AxisRange { low: 0.0 - 0.55, high: 11.0 + 0.55 });
    }

    #[test]
    fn every_range_is_wide_enough() {
        for values in [vec![], vec![3.0], vec![0.0], vec![1e100, -1e100], vec![1e16, 1e16 + 2.0]] {
            let range = AxisRange::of(values.iter().copied(), [].into_iter());
            assert!(range.high - range.low > 1e-7 * range.high.abs(), "{values:?}: {range:?}");
            assert!((range.high - range.low).is_finite());
        }
    }

    #[test]
    fn labels_have_the_digits_that_tell_them_apart() {
        let label = |low: f64, high: f64, value: f64| AxisLabels::new(low, high).text(value);
        assert_eq!(label(0.0, 2000.0, 500.0), "500");
        assert_eq!(label(0.0, 50_000.0, 20_000.0), "20k");
        assert_eq!(label(10_000.0, 13_000.0, 10_500.0), "10.5k");
        assert_eq!(label(0.0, 3e7, 5e6), "5M");
        assert_eq!(label(0.6, 0.9, 0.65), "0.65");
        assert_eq!(label(1.05, 1.51, 1.2), "1.2");
        assert_eq!(label(-1.0, 1.0, -0.5), "−0.5");
        assert_eq!(label(-1.0, 1.0, -1e-17), "0");
        assert_eq!(label(0.0, 2e-5, 1e-5), "1.0e-5");
    }
}
