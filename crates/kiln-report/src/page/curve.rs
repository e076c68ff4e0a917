//! Metrics in the form that the page's script takes.

use kiln_train::{History, RunConfig, Series};
use serde::Serialize;

use crate::drawable::drawable;
use crate::panel::panel_of;

/// The curve of a metric: all of its points, or those that are new.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Curve {
    name: String,
    /// The panel in which it is drawn.
    panel: String,
    /// Whether it comes from the test set.
    test: bool,
    steps: Vec<u64>,
    /// The values, limited to what can be drawn.
    values: Vec<f64>,
}

impl Curve {
    /// The curves of a history, in the order of its metrics, those of training first.
    pub fn all(history: &History) -> Vec<Curve> {
        let curve = |series: &Series, test| {
            let (steps, values) = series.points.iter().map(|(step, value)| (*step, drawable(*value))).unzip();
            let panel = panel_of(&series.name).to_owned();
            Curve { name: series.name.clone(), panel, test, steps, values }
        };
        let train = history.train.iter().map(|series| curve(series, false));
        train.chain(history.test.iter().map(|series| curve(series, true))).collect()
    }

    /// The points that curves have beyond an earlier state of themselves; `None` if they don't go on from it.
    pub fn since(now: &[Curve], before: &[Curve]) -> Option<Vec<Curve>> {
        let mut new = Vec::new();
        let mut known = 0;
        for curve in now {
            let mut curve = curve.clone();
            let old = before.iter().find(|old| (&old.name, old.test) == (&curve.name, curve.test));
            if let Some(old) = old {
                let same = curve.steps.starts_with(&old.steps) && curve.values.starts_with(&old.values);
                known += usize::from(same);
                curve.steps.drain(..old.steps.len().min(curve.steps.len()));
                curve.values.drain(..old.values.len().min(curve.values.len()));
            }
            if !curve.steps.is_empty() {
                new.push(curve);
            }
        }
        (known == before.len()).then_some(new)
    }
}

/// Progress of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct RunProgress {
    /// The last step that was logged.
    step: u64,
    /// Number of steps that the run is to have.
    steps: u64,
    seconds: f64,
}

impl RunProgress {
    pub fn of(history: &History, config: &RunConfig) -> RunProgress {
        RunProgress { step: history.last_step, steps: config.steps, seconds: history.seconds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_sent() {
        let series = |name: &str, points: &[(u64, f64)]| Series { name: name.into(), points: points.into() };
        let before = History { train: vec![series("d_loss", &[(1, 0.5)])], ..History::default() };
        let mut now = before.clone();
        now.train[0].points.push((2, 0.25));
        now.test.push(series("d_loss", &[(2, 3.0)]));
        let [before, now] = [before, now].map(|history| Curve::all(&history));
        let curve = |test, steps: &[u64], values: &[f64]| Curve {
            name: "d_loss".into(),
            panel: "loss".into(),
            test,
            steps: steps.into(),
            values: values.into(),
        };
        assert_eq!(now, [curve(false, &[1, 2], &[0.5, 0.25]), curve(true, &[2], &[3.0])]);
        assert_eq!(Curve::since(&now, &now), Some(vec![]));
        assert_eq!(Curve::since(&now, &[]).as_ref(), Some(&now));
        let new = vec![curve(false, &[2], &[0.25]), curve(true, &[2], &[3.0])];
        assert_eq!(Curve::since(&now, &before), Some(new));
        // Shorter, or other values: the run was resumed.
        assert_eq!(Curve::since(&before, &now), None);
        assert_eq!(Curve::since(&now, &[curve(false, &[1], &[0.75])]), None);
    }
}
