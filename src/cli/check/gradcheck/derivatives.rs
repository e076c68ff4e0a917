//! Derivatives against finite differences, in `f64` on the CPU.

use super::findings::{Findings, OpResult, OpenFinding};
use super::work::{self, CheckJob};
use kiln::check::{CheckKind, CheckOptions, CheckReport, CheckSummary, Tally, Verdict, case};
use kiln::grad::ops::OpEntry;
use serde::Serialize;
use serde_json::json;

/// The outcome of the checks of an op.
#[derive(Serialize)]
struct OpDerivatives {
    op: &'static str,
    cases: usize,
    tally: Tally,
    /// The worst relative error of its values, first derivatives, dot products and second derivatives; left
    /// out where there was no such check.
    value: Option<f64>,
    gradient: Option<f64>,
    dot_product: Option<f64>,
    second_order: Option<f64>,
    inconclusive_share: f64,
    seconds: f64,
}

/// Checks all jobs, which are cases of these ops.
pub fn check(entries: &[&'static OpEntry], jobs: Vec<CheckJob>, options: &CheckOptions) -> Findings {
    let reports = work::run(jobs, |job| case(&job.case, &options.clone().seed(job.seed)));
    let rows: Vec<OpDerivatives> =
        entries.iter().map(|entry| OpDerivatives::of(entry.name, &reports)).collect();
    let all: Vec<CheckReport> = reports.into_iter().map(|(_, report)| report).collect();
    let summary = CheckSummary::of(&all);
    let open = |report: &CheckReport| OpenFinding {
        text: report.to_string(),
        markdown: report.to_markdown(),
        wrong: report.verdict() == Verdict::Mismatch,
    };
    Findings {
        columns: vec![
            "op",
            "cases",
            "value",
            "gradient",
            "dot product",
            "second order",
            "inconclusive",
            "seconds",
        ],
        lines: rows.iter().map(OpDerivatives::result).collect(),
        open: summary.open.iter().map(open).collect(),
        verdict: verdict(&summary),
        passes: summary.passes(),
        json: json!({ "passes": summary.passes(), "ops": rows, "summary": summary }),
    }
}

impl OpDerivatives {
    /// Of the reports of this op.
    fn of(op: &'static str, reports: &[(&'static str, CheckReport)]) -> OpDerivatives {
        let own: Vec<CheckReport> =
            reports.iter().filter(|(name, _)| *name == op).map(|(_, report)| report.clone()).collect();
        let CheckSummary { reports: cases, tally, worst, inconclusive_share, seconds, .. } =
            CheckSummary::of(&own);
        let error = |kind: CheckKind| worst.iter().find(|worst| worst.kind == kind).map(|worst| worst.error);
        OpDerivatives {
            op,
            cases,
            tally,
            value: error(CheckKind::Value),
            gradient: error(CheckKind::Gradient),
            dot_product: error(CheckKind::DotProduct),
            second_order: error(CheckKind::SecondOrder),
            inconclusive_share,
            seconds,
        }
    }

    fn result(&self) -> OpResult {
        let error = |error: Option<f64>| error.map_or("–".to_owned(), |error| format!("{error:.1e}"));
        let cells = vec![
            self.op.to_owned(),
            self.cases.to_string(),
            error(self.value),
            error(self.gradient),
            error(self.dot_product),
            error(self.second_order),
            format!("{:.1} %", 100.0 * self.inconclusive_share),
            format!("{:.2}", self.seconds),
        ];
        OpResult { cells, wrong: self.tally.mismatch > 0 }
    }
}

fn verdict(summary: &CheckSummary) -> String {
    let share = 100.0 * summary.inconclusive_share;
    let total = summary.tally.total();
    let tail = format!("{total} comparisons in {} cases, {share:.2} % inconclusive", summary.reports);
    match summary.tally.mismatch {
        0 if summary.passes() => format!("all derivatives are right: {tail}"),
        0 => format!("too many comparisons can't tell: {tail}"),
        wrong => format!("{wrong} comparisons show a wrong derivative: {tail}"),
    }
}
