//! Reports as Markdown.

use super::{Check, CheckReport, CheckSummary, Tally, Verdict};
use std::fmt::Write;

impl CheckReport {
    /// The report as Markdown: a heading, a table of the checks, and for each that didn't pass what was
    /// found, with its entries.
    pub fn to_markdown(&self) -> String {
        let Tally { pass, inconclusive, mismatch } = self.tally();
        let label = if self.label.is_empty() { "Gradient check" } else { &self.label };
        let mut text = format!(
            "### {}: {}\n\n{} comparisons: {pass} pass, {inconclusive} inconclusive, {mismatch} mismatch; \
             {:.2} s.\n\n| check | kind | verdict | comparisons | worst relative error |\n|---|---|---|--:|--:|\n",
            cell(label),
            self.verdict(),
            self.tally().total(),
            self.seconds
        );
        for check in &self.checks {
            let Check { kind, name, tally, error, .. } = check;
            let (verdict, total) = (check.verdict(), tally.total());
            text += &format!("| {} | {kind} | {verdict} | {total} | {error:.1e} |\n", cell(name));
        }
        self.checks.iter().filter(|check| check.verdict() != Verdict::Pass).for_each(|c| open(&mut text, c));
        text
    }
}

/// Findings of a check.
fn open(text: &mut String, check: &Check) {
    *text += &format!("\n**{}**: {}\n", cell(&check.name), check.detail);
    if let Some(hint) = &check.hint {
        *text += &format!("\nHint: {hint}.\n");
    }
    if !check.worst.is_empty() {
        *text += "\n| input | index | analytic | numeric | bound |\n|--:|---|--:|--:|--:|\n";
    }
    for e in &check.worst {
        let row = writeln!(
            text,
            "| {} | {:?} | {:.9e} | {:.9e} | {:.1e} |",
            e.input, e.index, e.analytic, e.numeric, e.bound
        );
        row.expect("a string takes all text");
    }
}

impl CheckSummary {
    /// The summary as Markdown: the counts, the worst error of each kind of check, and the reports that
    /// didn't pass.
    pub fn to_markdown(&self) -> String {
        let Tally { pass, inconclusive, mismatch } = self.tally;
        let mut text = format!(
            "{} reports, {} comparisons: {pass} pass, {inconclusive} inconclusive ({:.2} %), {mismatch} \
             mismatch; {:.1} s.\n\n| kind | worst relative error | in |\n|---|--:|---|\n",
            self.reports,
            self.tally.total(),
            self.inconclusive_share * 100.0,
            self.seconds
        );
        for worst in &self.worst {
            text += &format!("| {} | {:.1e} | {} |\n", worst.kind, worst.error, cell(&worst.label));
        }
        self.open.iter().for_each(|report| text += &format!("\n{}", report.to_markdown()));
        text
    }
}

/// Text that doesn't end a cell of a table, or its row.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
