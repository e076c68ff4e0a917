//! Summary of many reports.

use super::{CheckKind, CheckReport, Tally, Verdict};
use serde::Serialize;

/// The part of the comparisons that may be inconclusive before a set of checks fails.
const INCONCLUSIVE: f64 = 0.01;

/// Summary of many reports: counts, the worst errors, and the reports that didn't pass.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CheckSummary {
    /// Number of reports.
    pub reports: usize,
    /// Counts of all comparisons by their verdict.
    pub tally: Tally,
    /// The part of all comparisons that can't tell.
    pub inconclusive_share: f64,
    /// For each kind of check that was made, the largest relative error.
    pub worst: Vec<Worst>,
    /// Time of all checks, added up, in seconds.
    pub seconds: f64,
    /// The reports with a mismatch or something inconclusive.
    pub open: Vec<CheckReport>,
}

/// The largest relative error of a kind of check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worst {
    /// The kind.
    pub kind: CheckKind,
    /// The error; see [`Check::error`](super::Check::error).
    pub error: f64,
    /// The label of the report it is in.
    pub label: String,
}

impl CheckSummary {
    /// Sums up reports.
    pub fn of(reports: &[CheckReport]) -> CheckSummary {
        let tally: Tally = reports.iter().map(CheckReport::tally).sum();
        let worst = |kind: CheckKind| {
            let errors = reports.iter().filter_map(|report| Some((report.error(kind)?, &report.label)));
            let (error, label) = errors.max_by(|a, b| a.0.total_cmp(&b.0))?;
            Some(Worst { kind, error, label: label.clone() })
        };
        CheckSummary {
            reports: reports.len(),
            tally,
            inconclusive_share: tally.inconclusive_share(),
            worst: CheckKind::ALL.into_iter().filter_map(worst).collect(),
            seconds: reports.iter().map(|report| report.seconds).sum(),
            open: reports.iter().filter(|report| report.verdict() != Verdict::Pass).cloned().collect(),
        }
    }

    /// Whether nothing mismatched and at most 1 % of the comparisons are inconclusive.
    pub fn passes(&self) -> bool {
        self.tally.mismatch == 0 && self.inconclusive_share <= INCONCLUSIVE
    }

    /// Does nothing if the reports [pass](CheckSummary::passes).
    ///
    /// # Panics
    /// With the reports that don't, those with a mismatch first.
    #[track_caller]
    pub fn assert_pass(&self) {
        let mut open: Vec<&CheckReport> = self.open.iter().collect();
        open.sort_by_key(|report| std::cmp::Reverse(report.verdict()));
        let list = || open.iter().map(|report| report.to_string()).collect::<Vec<_>>().join("\n\n");
        assert!(self.passes(), "{:?} of {} reports:\n\n{}", self.tally, self.reports, list());
    }
}
