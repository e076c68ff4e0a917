//! What a check found, and how it reads.

use crate::hint::Hint;
use std::fmt;

/// What a comparison, a check or a report comes to; the worst decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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

/// How many comparisons came to which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that agree.
    pub pass: usize,
    /// Those that can't tell.
    pub inconclusive: usize,
    /// Those that differ.
    pub mismatch: usize,
}

impl Tally {
    /// All of them.
    pub fn total(&self) -> usize {
        self.pass + self.inconclusive + self.mismatch
    }

    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
            Verdict::Mismatch => self.mismatch += 1,
        }
    }

    fn verdict(&self) -> Verdict {
        match (self.mismatch, self.inconclusive) {
            (0, 0) => Verdict::Pass,
            (0, _) => Verdict::Inconclusive,
            _ => Verdict::Mismatch,
        }
    }
}

/// One entry of a gradient of `⟨v, f(x)⟩`, for a random `v`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Which input.
    pub input: usize,
    /// Which of its elements.
    pub index: Vec<usize>,
    /// What differentiation says.
    pub analytic: f64,
    /// What difference quotients say.
    pub numeric: f64,
    /// By how much the two may differ.
    pub bound: f64,
}

impl Entry {
    /// Whether the two differ by more than they may. NaN differs from everything.
    pub fn is_wrong(&self) -> bool {
        let within = (self.analytic - self.numeric).abs() <= self.bound;
        !within
    }

    /// How many times the bound the two differ.
    fn excess(&self) -> f64 {
        let excess = (self.analytic - self.numeric).abs() / self.bound;
        if excess.is_nan() { f64::INFINITY } else { excess }
    }
}

/// One thing that was checked, by one or many comparisons.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// What the comparisons came to.
    pub tally: Tally,
    /// The worst comparison in words; empty if all agree.
    pub detail: String,
    /// On a mismatch of gradients, the entries that differ most.
    pub worst: Vec<Entry>,
    /// On a mismatch, what the pattern of the wrong entries suggests.
    pub hint: Option<Hint>,
}

impl Check {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Check { name: name.into(), ..Check::default() }
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
    pub(crate) fn keep_worst(&mut self, mut entries: Vec<Entry>) {
        entries.retain(Entry::is_wrong);
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
        for Entry { input, index, analytic, numeric, bound } in &self.worst {
            let index = format!("{index:?}");
            write!(f, "\n    {input:>5}  {index:<14} {analytic:>17.9e} {numeric:>17.9e} {bound:>9.1e}")?;
        }
        self.hint.iter().try_for_each(|hint| write!(f, "\n    hint: {hint}"))
    }
}

/// What all checks of a function found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// What the report is about; may be empty.
    pub label: String,
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
}

impl Report {
    pub(crate) fn new(checks: Vec<Check>) -> Self {
        Report { label: String::new(), checks }
    }

    /// The same report under a name.
    #[must_use]
    pub fn labelled(self, label: impl Into<String>) -> Self {
        Report { label: label.into(), ..self }
    }

    /// The worst verdict among the checks.
    pub fn verdict(&self) -> Verdict {
        self.checks.iter().map(Check::verdict).max().unwrap_or_default()
    }

    /// How many comparisons of all checks came to which verdict.
    pub fn tally(&self) -> Tally {
        self.checks.iter().fold(Tally::default(), |sum, check| Tally {
            pass: sum.pass + check.tally.pass,
            inconclusive: sum.inconclusive + check.tally.inconclusive,
            mismatch: sum.mismatch + check.tally.mismatch,
        })
    }

    /// What the patterns of wrong entries suggest, over all checks.
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

impl fmt::Display for Report {
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
