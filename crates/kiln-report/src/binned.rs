//! Curves of a bounded number of points.

use kiln_train::Points;

use crate::drawable::drawable;

/// Largest number of bins of a curve; about as many columns of pixels as a chart has.
pub const MOST_BINS: usize = 1024;

/// Consecutive points of a curve, as one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// The last step.
    pub step: u64,
    /// Number of points.
    count: u64,
    sum: f64,
    /// Least value.
    pub low: f64,
    /// Greatest value.
    pub high: f64,
}

impl Bin {
    /// Mean of the values.
    pub fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// These points and those after them.
    fn with(&self, next: &Bin) -> Bin {
        Bin {
            step: next.step,
            count: self.count + next.count,
            sum: self.sum + next.sum,
            low: self.low.min(next.low),
            high: self.high.max(next.high),
        }
    }
}

/// A curve in at most [`MOST_BINS`] bins, however many points it has. All bins but the last have the same number of
/// points, a power of two: one as long as the curve is short. Values are limited to what can be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Binned {
    bins: Vec<Bin>,
    /// Binary logarithm of the number of points in a bin.
    log_width: u32,
    extremes: Option<Extremes>,
}

/// The last, least and greatest point of a curve: step and value each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremes {
    pub last: (u64, f64),
    pub lowest: (u64, f64),
    pub highest: (u64, f64),
}

impl Points for Binned {
    fn add(&mut self, step: u64, value: f64) {
        let value = drawable(value);
        let point = (step, value);
        self.extremes = Some(match self.extremes {
            None => Extremes { last: point, lowest: point, highest: point },
            Some(Extremes { lowest, highest, .. }) => Extremes {
                last: point,
                lowest: if value < lowest.1 { point } else { lowest },
                highest: if value > highest.1 { point } else { highest },
            },
        });
        let added = Bin { step, count: 1, sum: value, low: value, high: value };
        let width = self.width();
        match self.bins.last_mut() {
            Some(last) if last.count < width => *last = last.with(&added),
            _ => {
                if self.bins.len() == MOST_BINS {
                    self.halve();
                }
                self.bins.push(added);
            }
        }
    }

    fn last_step(&self) -> Option<u64> {
        self.bins.last().map(|bin| bin.step)
    }
}

impl Binned {
    /// The curve through these points.
    pub fn of(points: &[(u64, f64)]) -> Binned {
        let mut curve = Binned::default();
        points.iter().for_each(|(step, value)| curve.add(*step, *value));
        curve
    }

    /// The bins, in their order.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    /// Number of points in each bin but the last.
    pub fn width(&self) -> u64 {
        1 << self.log_width
    }

    /// The last, least and greatest point; `None` without any.
    pub fn extremes(&self) -> Option<Extremes> {
        self.extremes
    }

    /// The same curve in at most so many bins.
    pub fn within(&self, most: usize) -> Binned {
        let mut curve = self.clone();
        while curve.bins.len() > most.max(1) {
            curve.halve();
        }
        curve
    }

    fn halve(&mut self) {
        let merged = |pair: &[Bin]| pair.iter().skip(1).fold(pair[0], |bin, next| bin.with(next));
        self.bins = self.bins.chunks(2).map(merged).collect();
        self.log_width += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_curves_are_kept_as_they_are() {
        let points: Vec<(u64, f64)> = (0..MOST_BINS as u64).map(|i| (3 * i, i as f64 / 7.0)).collect();
        let curve = Binned::of(&points);
        let kept: Vec<(u64, f64)> = curve.bins().iter().map(|bin| (bin.step, bin.mean())).collect();
        assert_eq!((kept, curve.width()), (points, 1));
    }

    #[test]
    fn a_million_points_are_means_and_extremes_of_bins() {
        let wave = |i: u64| (i as f64 / 1e5).sin() + if i.is_multiple_of(2) { 0.5 } else { -0.5 };
        let mut points: Vec<(u64, f64)> = (1..=1_000_000).map(|i| (i, wave(i))).collect();
        points[654_321].1 = -9.0;
        points[765_432].1 = f64::MAX;
        let curve = Binned::of(&points);
        assert!((MOST_BINS / 2..=MOST_BINS).contains(&curve.bins().len()));
        let width = curve.width() as usize;
        for (bin, points) in curve.bins().iter().zip(points.chunks(width)) {
            let values = || points.iter().map(|point| drawable(point.1));
            assert_eq!(bin.step, points.last().unwrap().0);
            assert_eq!(bin.low, values().fold(f64::INFINITY, f64::min));
            assert_eq!(bin.high, values().fold(f64::NEG_INFINITY, f64::max));
            let mean = values().sum::<f64>() / points.len() as f64;
            assert!((bin.mean() - mean).abs() <= 1e-9 * mean.abs().max(1.0));
        }
        let extremes = curve.extremes().unwrap();
        assert_eq!(extremes.lowest, (654_322, -9.0));
        assert_eq!(extremes.highest, (765_433, drawable(f64::MAX)));
        assert_eq!(extremes.last, points[999_999]);
    }

    #[test]
    fn bins_that_are_full_stay_as_the_curve_grows() {
        let points: Vec<(u64, f64)> = (0..5000).map(|i| (i, (i * 37 % 101) as f64)).collect();
        for most in [64, MOST_BINS] {
            let (before, after) =
                (Binned::of(&points[..4500]).within(most), Binned::of(&points).within(most));
            assert_eq!(before.width(), after.width());
            let full = before.bins().len() - 1;
            assert_eq!(before.bins()[..full], after.bins()[..full]);
            assert!(after.bins().len() <= most);
        }
    }
}
