//! The outcome of checks, in a form that every report is made of.

use serde_json::Value;
use std::fmt::Write;

/// A line for each op, and what is to be said beside them.
pub struct Findings {
    pub columns: Vec<&'static str>,
    pub lines: Vec<OpResult>,
    /// The checks that are wrong or undecided, in detail.
    pub open: Vec<OpenFinding>,
    /// The outcome in one sentence.
    pub verdict: String,
    pub passes: bool,
    /// Everything, for programs.
    pub json: Value,
}

/// The checks of an op.
pub struct OpResult {
    /// A text for each column, the op first.
    pub cells: Vec<String>,
    pub wrong: bool,
}

/// A check that didn't pass.
pub struct OpenFinding {
    pub text: String,
    pub markdown: String,
    /// Whether it is known to be wrong.
    pub wrong: bool,
}

impl Findings {
    /// The lines under each other.
    pub fn table(&self) -> String {
        let header = self.columns.iter().map(|name| (*name).to_owned()).collect();
        let mark = |line: &OpResult| {
            let mut cells = line.cells.clone();
            cells[0] += if line.wrong { "  WRONG" } else { "" };
            cells
        };
        let lines: Vec<Vec<String>> = std::iter::once(header).chain(self.lines.iter().map(mark)).collect();
        let width = |i: usize| lines.iter().map(|line| line[i].chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for line in &lines {
            let _ = write!(text, "{:<1$}", line[0], width(0));
            for (i, cell) in line.iter().enumerate().skip(1) {
                let _ = write!(text, "  {cell:>0$}", width(i));
            }
            text.push('\n');
        }
        text
    }
}
