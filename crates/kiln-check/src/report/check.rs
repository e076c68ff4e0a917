//! One check, and the comparisons it made.

use super::tally::{Tally, Verdict};
use crate::hint::Hint;
use serde::Serialize;
use std::fmt;

/// Kind of a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckKind {
    /// The function's values.
    Value,
    /// Vector-Jacobian products against difference quotients.
    #[default]
    Gradient,
    /// `⟨v, Ju⟩ = ⟨Jᵀv, u⟩` for directions `u` of all inputs at once.
    DotProduct,
    /// Derivatives of vector-Jacobian products.
    SecondOrder,
    /// Laws of every vector-Jacobian product, whatever the function.
    Structure,
}

impl CheckKind {
    /// All of them, in the order of the reports.
    pub const ALL: [CheckKind; 5] = [
        CheckKind::Value,
        CheckKind::Gradient,
        CheckKind::DotProduct,
        CheckKind::SecondOrder,
        CheckKind::Structure,
    ];
}

impl fmt::Display for CheckKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            CheckKind::Value => "value",
            CheckKind::Gradient => "gradient",
            CheckKind::DotProduct => "dot product",
            CheckKind::SecondOrder => "second order",
            CheckKind::Structure => "structure",
        })
    }
}

/// One entry of a gradient of `⟨v, f(x)⟩`, for a random `v`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GradientEntry {
    /// Number of the input.
    pub input: usize,
    /// Index of its element.
    pub index: Vec<usize>,
    /// Value by differentiation.
    pub analytic: f64,
    /// Value by difference quotients.
    pub numeric: f64,
    /// Largest difference that the two may have.
    pub bound: f64,
}

impl GradientEntry {
    /// Whether the two differ by more than they may. NaN differs from everything.
    pub fn is_wrong(&self) -> bool {
        let within = (self.analytic - self.numeric).abs() <= self.bound;
        !within
    }

    /// Difference of the two in multiples of the bound.
    pub(super) fn excess(&self) -> f64 {
        let excess = (self.analytic - self.numeric).abs() / self.bound;
        if excess.is_nan() { f64::INFINITY } else { excess }
    }
}

/// Check: one or many comparisons of one thing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Check {
    /// Kind of the check.
    pub kind: CheckKind,
    /// Name of the check.
    pub name: String,
    /// Counts of its comparisons by their verdict.
    pub tally: Tally,
    /// The largest difference that was measured, relative to the size of what was compared: for products
    /// `⟨v, Ju⟩` to `‖v‖(‖Ju‖ + ‖f‖)`, with the largest values of `f` that were met. Infinite if something was NaN.
    pub error: f64,
    /// The worst comparison in words; empty if all agree.
    pub detail: String,
    /// On a mismatch of gradients, the entries that differ most.
    pub worst: Vec<GradientEntry>,
    /// On a mismatch, the hint that the pattern of the wrong entries gives.
    pub hint: Option<Hint>,
}

impl Check {
    pub(crate) fn new(kind: CheckKind, name: impl Into<String>) -> Self {
        Check { kind, name: name.into(), ..Check::default() }
    }

    /// Remembers by how much two things of this size differ, if it is the most so far.
    pub(crate) fn measure(&mut self, difference: f64, size: f64) {
        let error = if difference == 0.0 { 0.0 } else { difference.abs() / size };
        self.error = if error.is_nan() { f64::INFINITY } else { self.error.max(error) };
    }

    /// Counts a comparison; the first of the worst verdict is described.
    pub(crate) fn note(&mut self, verdict: Verdict, detail: impl FnOnce() -> String) {
        if verdict > self.tally.verdict() {
            self.detail = detail();
        }
        self.tally.add(verdict);
    }

    /// Counts a comparison that can only agree or differ.
    pub(crate) fn require(&mut self, holds: bool, detail: impl FnOnce() -> String) {
        self.note(if holds { Verdict::Pass } else { Verdict::Mismatch }, detail);
    }

    /// Keeps the entries that differ most.
    pub(crate) fn keep_worst(&mut self, mut entries: Vec<GradientEntry>) {
        entries.retain(GradientEntry::is_wrong);
        entries.sort_by(|a, b| b.excess().total_cmp(&a.excess()));
        entries.truncate(8);
        self.worst = entries;
    }

    /// The worst verdict among its comparisons.
    pub fn verdict(&self) -> Verdict {
        self.tally.verdict()
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Tally { inconclusive, mismatch, .. } = self.tally;
        let (verdict, total) = (self.verdict(), self.tally.total());
        write!(f, "{}: {verdict}", self.name)?;
        match verdict {
            Verdict::Pass => write!(f, ", {total} comparisons")?,
            Verdict::Inconclusive => write!(f, " in {inconclusive} of {total} comparisons")?,
            Verdict::Mismatch => write!(f, " in {mismatch} of {total} comparisons")?,
        }
        if !self.detail.is_empty() {
            write!(f, "\n    {}", self.detail)?;
        }
        if !self.worst.is_empty() {
            let [index, analytic, numeric, bound] = ["index", "analytic", "numeric", "bound"];
            write!(f, "\n    input  {index:<14} {analytic:>17} {numeric:>17} {bound:>9}")?;
        }
        for GradientEntry { input, index, analytic, numeric, bound } in &self.worst {
            let index = format!("{index:?}");
            write!(f, "\n    {input:>5}  {index:<14} {analytic:>17.9e} {numeric:>17.9e} {bound:>9.1e}")?;
        }
        self.hint.iter().try_for_each(|hint| write!(f, "\n    hint: {hint}"))
    }
}
