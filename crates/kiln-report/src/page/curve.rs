//! Metrics in the form that the page's script takes.

use kiln_train::{History, RunConfig, Series};
use serde::Serialize;

use crate::binned::{Bin, Binned, MOST_BINS};
use crate::panel::panel_of;

/// Largest number of bins of all curves together, some sixty bytes each on the page, and least of a curve.
const MOST_BINS_OF_ALL: usize = 8 * MOST_BINS;
const LEAST_BINS: usize = 64;

/// The curve of a metric.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    name: String,
    /// Whether it comes from the test set.
    test: bool,
    /// Number of logged points that a point of the curve stands for.
    width: u64,
    steps: Vec<u64>,
    /// What was logged; of several points their mean.
    values: Vec<f64>,
    /// Least and greatest of the logged values, where a point stands for several.
    lows: Vec<f64>,
    highs: Vec<f64>,
    /// Step and value of the last, least and greatest point that was logged.
    last: (u64, f64),
    lowest: (u64, f64),
    highest: (u64, f64),
}

/// What a page doesn't know of a curve yet.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct CurveChange<'a> {
    name: &'a str,
    /// The panel in which it is drawn.
    panel: &'a str,
    test: bool,
    width: u64,
    /// Number of points that still hold; the following come after them.
    from: usize,
    steps: &'a [u64],
    values: &'a [f64],
    lows: &'a [f64],
    highs: &'a [f64],
    last: (u64, f64),
    lowest: (u64, f64),
    highest: (u64, f64),
}

impl Curve {
    /// The curves of a history, in the order of its metrics, those of training first. The more there are, the fewer
    /// points each has.
    pub fn all(history: &History<Binned>) -> Vec<Curve> {
        let count = history.train.len() + history.test.len();
        let most = (MOST_BINS_OF_ALL / count.max(1)).clamp(LEAST_BINS, MOST_BINS);
        let train = history.train.iter().filter_map(|series| Curve::of(series, false, most));
        train.chain(history.test.iter().filter_map(|series| Curve::of(series, true, most))).collect()
    }

    /// The curve of a metric in at most so many points; `None` if it has none.
    pub fn of(series: &Series<Binned>, test: bool, most: usize) -> Option<Curve> {
        let extremes = series.points.extremes()?;
        let points = series.points.within(most);
        let of_bins = |value: fn(&Bin) -> f64| points.bins().iter().map(value).collect::<Vec<f64>>();
        let bound = |value: fn(&Bin) -> f64| if points.width() > 1 { of_bins(value) } else { Vec::new() };
        Some(Curve {
            name: series.name.clone(),
            test,
            width: points.width(),
            steps: points.bins().iter().map(|bin| bin.step).collect(),
            values: of_bins(Bin::mean),
            lows: bound(|bin| bin.low),
            highs: bound(|bin| bin.high),
            last: extremes.last,
            lowest: extremes.lowest,
            highest: extremes.highest,
        })
    }

    /// The panel in which the curve is drawn.
    pub fn panel(&self) -> &str {
        panel_of(&self.name)
    }

    /// Whether two are of the same metric.
    pub fn is_of(&self, other: &Curve) -> bool {
        (&self.name, self.test) == (&other.name, other.test)
    }

    /// What has changed since; `None` if nothing has.
    pub fn since(&self, before: Option<&Curve>) -> Option<CurveChange<'_>> {
        if before == Some(self) {
            return None;
        }
        let is_same = |old: &Curve, i: usize| {
            let all = |values: fn(&Curve) -> &Vec<f64>| values(self).get(i) == values(old).get(i);
            self.steps[i] == old.steps[i]
                && all(|curve| &curve.values)
                && all(|curve| &curve.lows)
                && all(|curve| &curve.highs)
        };
        let from = before.filter(|old| old.width == self.width).map_or(0, |old| {
            let both = self.steps.len().min(old.steps.len());
            (0..both).find(|i| !is_same(old, *i)).unwrap_or(both)
        });
        Some(CurveChange {
            name: &self.name,
            panel: self.panel(),
            test: self.test,
            width: self.width,
            from,
            steps: &self.steps[from..],
            values: &self.values[from..],
            lows: self.lows.get(from..).unwrap_or_default(),
            highs: self.highs.get(from..).unwrap_or_default(),
            last: self.last,
            lowest: self.lowest,
            highest: self.highest,
        })
    }
}

/// Progress of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunProgress {
    /// The last step that was logged.
    step: u64,
    /// Number of steps that the run is to have.
    steps: u64,
    seconds: f64,
    /// Speed over the last lines of metrics, and by it the time that the steps still to do take.
    images_per_second: Option<f64>,
    seconds_left: Option<f64>,
}

impl RunProgress {
    pub fn of(history: &History<Binned>, config: &RunConfig) -> RunProgress {
        let speed = history.steps_per_second();
        let left = config.steps.saturating_sub(history.last_step);
        RunProgress {
            step: history.last_step,
            steps: config.steps,
            seconds: history.seconds,
            images_per_second: speed.map(|steps| steps * config.batch_size as f64),
            seconds_left: speed.filter(|_| left > 0).map(|steps| left as f64 / steps),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &str, points: &[(u64, f64)]) -> Series<Binned> {
        Series { name: name.into(), points: Binned::of(points) }
    }

    fn curve(points: &[(u64, f64)]) -> Curve {
        Curve::of(&series("d_loss", points), false, MOST_BINS).unwrap()
    }

    /// From which point on, the steps, and the last value.
    fn sent(now: &Curve, before: &Curve) -> Option<(usize, Vec<u64>, f64)> {
        let change = now.since(Some(before))?;
        assert_eq!(change.steps.len(), change.values.len());
        assert!(
            change.lows.len() == change.highs.len() && [0, change.steps.len()].contains(&change.lows.len())
        );
        Some((change.from, change.steps.to_vec(), change.last.1))
    }

    #[test]
    fn only_what_is_new_is_sent() {
        let before = curve(&[(1, 0.5), (2, 1.0)]);
        assert_eq!(sent(&before, &before), None);
        assert_eq!(sent(&curve(&[(1, 0.5), (2, 1.0), (3, 0.25)]), &before), Some((2, vec![3], 0.25)));
        // Resumed from an earlier step: what no longer holds is replaced, to the end.
        assert_eq!(sent(&curve(&[(1, 0.5), (2, 9.0), (3, 0.25)]), &before), Some((1, vec![2, 3], 0.25)));
        assert_eq!(sent(&curve(&[(1, 0.5)]), &before), Some((1, vec![], 0.5)));
        let whole = before.since(None).unwrap();
        assert_eq!((whole.from, whole.panel, whole.values), (0, "loss", &[0.5, 1.0][..]));
    }

    #[test]
    fn of_a_long_curve_the_last_bin_is_sent() {
        let points: Vec<(u64, f64)> = (0..5000).map(|i| (i, (i % 7) as f64)).collect();
        let (from, steps, _) = sent(&curve(&points), &curve(&points[..4990])).unwrap();
        assert_eq!((from, steps), (623, vec![4991, 4999]));
    }

    #[test]
    fn many_curves_have_fewer_points_each() {
        let points: Vec<(u64, f64)> = (0..5000).map(|i| (i, i as f64)).collect();
        for (count, most) in [(1, 1024), (8, 1024), (16, 512), (1000, 64)] {
            let train = (0..count).map(|i| series(&format!("metric {i}"), &points)).collect();
            let curves = Curve::all(&History { train, ..History::default() });
            assert!(curves.len() == count && curves.iter().all(|curve| curve.steps.len() <= most));
            assert!(curves[0].steps.len() > most / 2);
        }
    }
}
