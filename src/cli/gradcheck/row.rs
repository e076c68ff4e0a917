//! A line for each op.

use kiln::check::{Kind, Report, Summary, Tally};
use serde::Serialize;
use std::fmt::Write;

/// What the checks of an op came to.
#[derive(Serialize)]
pub struct Row {
    pub op: &'static str,
    pub cases: usize,
    pub tally: Tally,
    /// The worst relative error of its values, first derivatives, dot products and second derivatives; left
    /// out where there was no such check.
    pub value: Option<f64>,
    pub gradient: Option<f64>,
    pub dot_product: Option<f64>,
    pub second_order: Option<f64>,
    pub inconclusive_share: f64,
    pub seconds: f64,
}

/// The names of the columns.
pub const COLUMNS: [&str; 8] =
    ["op", "cases", "value", "gradient", "dot product", "second order", "inconclusive", "seconds"];

impl Row {
    /// Of the reports of this op.
    pub fn of(op: &'static str, reports: &[(&'static str, Report)]) -> Row {
        let own: Vec<Report> =
            reports.iter().filter(|(name, _)| *name == op).map(|(_, report)| report.clone()).collect();
        let Summary { reports: cases, tally, worst, inconclusive_share, seconds, .. } = Summary::of(&own);
        let error = |kind: Kind| worst.iter().find(|worst| worst.kind == kind).map(|worst| worst.error);
        Row {
            op,
            cases,
            tally,
            value: error(Kind::Value),
            gradient: error(Kind::Gradient),
            dot_product: error(Kind::DotProduct),
            second_order: error(Kind::SecondOrder),
            inconclusive_share,
            seconds,
        }
    }

    /// The texts of the columns.
    pub fn cells(&self) -> [String; 8] {
        let error = |error: Option<f64>| error.map_or("–".to_owned(), |error| format!("{error:.1e}"));
        let wrong = if self.tally.mismatch > 0 { "  WRONG" } else { "" };
        [
            format!("{}{wrong}", self.op),
            self.cases.to_string(),
            error(self.value),
            error(self.gradient),
            error(self.dot_product),
            error(self.second_order),
            format!("{:.1} %", 100.0 * self.inconclusive_share),
            format!("{:.2}", self.seconds),
        ]
    }
}

/// The lines under each other.
pub fn table(rows: &[Row]) -> String {
    let lines: Vec<[String; 8]> =
        std::iter::once(COLUMNS.map(str::to_owned)).chain(rows.iter().map(Row::cells)).collect();
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
