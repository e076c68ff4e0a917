//! Verdicts of comparisons, and their counts.

use serde::Serialize;
use std::fmt;
use std::iter::Sum;

/// Verdict of a comparison, a check or a report; the worst decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The two sides agree within the error that the measurement may have.
    #[default]
    Pass,
    /// The measurement can't tell: the function has a kink here, isn't finite, or is too steep.
    Inconclusive,
    /// The two sides differ by more than the measurement can be off.
    Mismatch,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            Verdict::Pass => "pass",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Mismatch => "mismatch",
        })
    }
}

/// Counts of comparisons by their verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Comparisons that agree.
    pub pass: usize,
    /// Comparisons that can't tell.
    pub inconclusive: usize,
    /// Comparisons that differ.
    pub mismatch: usize,
}

impl Tally {
    /// All of them.
    pub fn total(&self) -> usize {
        self.pass + self.inconclusive + self.mismatch
    }

    /// The share of those that can't tell, 0 of none.
    pub fn inconclusive_share(&self) -> f64 {
        if self.total() == 0 { 0.0 } else { self.inconclusive as f64 / self.total() as f64 }
    }

    pub(super) fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
            Verdict::Mismatch => self.mismatch += 1,
        }
    }

    pub(super) fn verdict(&self) -> Verdict {
        match (self.mismatch, self.inconclusive) {
            (0, 0) => Verdict::Pass,
            (0, _) => Verdict::Inconclusive,
            _ => Verdict::Mismatch,
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Tally>>(tallies: I) -> Tally {
        tallies.fold(Tally::default(), |a, b| Tally {
            pass: a.pass + b.pass,
            inconclusive: a.inconclusive + b.inconclusive,
            mismatch: a.mismatch + b.mismatch,
        })
    }
}
