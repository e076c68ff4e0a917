//! Reports: findings of checks, and their text.

mod check;
mod markdown;
mod summary;
mod tally;

pub use check::{Check, CheckKind, GradientEntry};
pub use summary::{CheckSummary, Worst};
pub use tally::{Tally, Verdict};

use crate::hint::Hint;
use serde::Serialize;
use std::fmt;
use std::time::Instant;

/// Findings of all checks of a function.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CheckReport {
    /// Subject of the report; may be empty.
    pub label: String,
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
    /// Time of the checks, in seconds. Reports that differ in this alone are equal.
    pub seconds: f64,
}

impl PartialEq for CheckReport {
    fn eq(&self, other: &Self) -> bool {
        (&self.label, &self.checks) == (&other.label, &other.checks)
    }
}

impl CheckReport {
    /// The report of what `checks` find, and of the time they take.
    pub(crate) fn of(checks: impl FnOnce() -> Vec<Check>) -> Self {
        let start = Instant::now();
        let checks = checks();
        CheckReport { label: String::new(), checks, seconds: start.elapsed().as_secs_f64() }
    }

    /// The same report under a name.
    #[must_use]
    pub fn labelled(self, label: impl Into<String>) -> Self {
        CheckReport { label: label.into(), ..self }
    }

    /// The worst verdict among the checks.
    pub fn verdict(&self) -> Verdict {
        self.checks.iter().map(Check::verdict).max().unwrap_or_default()
    }

    /// Counts of all checks' comparisons by their verdict.
    pub fn tally(&self) -> Tally {
        self.checks.iter().map(|check| check.tally).sum()
    }

    /// The largest relative error of the checks of a kind, `None` if there are none.
    pub fn error(&self, kind: CheckKind) -> Option<f64> {
        self.checks.iter().filter(|check| check.kind == kind).map(|check| check.error).reduce(f64::max)
    }

    /// Hints from the patterns of wrong entries, over all checks.
    pub fn hints(&self) -> impl Iterator<Item = &Hint> {
        self.checks.iter().filter_map(|check| check.hint.as_ref())
    }

    /// Does nothing if all checks pass.
    ///
    /// # Panics
    /// With the report, if a check found a mismatch or was inconclusive.
    #[track_caller]
    pub fn assert_pass(&self) {
        assert!(self.verdict() == Verdict::Pass, "{self}");
    }
}

impl fmt::Display for CheckReport {
    /// One line with the verdict, then the checks that didn't pass.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Tally { inconclusive, mismatch, .. } = self.tally();
        let (checks, total) = (self.checks.len(), self.tally().total());
        if !self.label.is_empty() {
            write!(f, "{}: ", self.label)?;
        }
        write!(f, "{} ({checks} checks, {total} comparisons", self.verdict())?;
        if mismatch > 0 {
            write!(f, ", {mismatch} mismatched")?;
        }
        if inconclusive > 0 {
            write!(f, ", {inconclusive} inconclusive")?;
        }
        write!(f, ")")?;
        let mut open = self.checks.iter().filter(|check| check.verdict() != Verdict::Pass);
        open.try_for_each(|check| write!(f, "\n  {check}"))
    }
}
