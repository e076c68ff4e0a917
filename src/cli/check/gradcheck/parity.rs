//! Values and derivatives of a GPU, in `f32`, against `f64` on the CPU.

use super::findings::{Findings, OpResult, OpenFinding};
use super::work::{self, CheckJob};
use kiln::check::{Deviation, Quantity, parity};
use kiln::grad::ops::OpEntry;
use kiln::grad::{Device, Error};
use serde::Serialize;
use serde_json::json;

/// The outcome of the comparisons of an op. Distances are in units in the last place (of `f32`) of the largest element.
#[derive(Default, Serialize)]
struct OpParity {
    op: &'static str,
    cases: usize,
    /// Cases that the device can't compute.
    refused: usize,
    value_ulps: f64,
    gradient_ulps: f64,
    second_order_ulps: f64,
    /// The largest part of what rounding explains that was used.
    used: f64,
    comparisons: usize,
    wrong: usize,
}

/// Compares all jobs, which are cases of these ops, up to derivatives of this order.
pub fn check(entries: &[&'static OpEntry], jobs: Vec<CheckJob>, order: u32, device: &Device) -> Findings {
    // A device of its own for each: one that failed does nothing more.
    let all = work::run(jobs, |job| (job.case.label.clone(), parity(&job.case, &device.fresh(), job.seed)));
    let mut open = Vec::new();
    let rows: Vec<OpParity> = entries
        .iter()
        .map(|entry| {
            let own = all.iter().filter(|(op, _)| *op == entry.name).map(|(_, result)| result);
            own.fold(OpParity { op: entry.name, ..OpParity::default() }, |row, (label, result)| {
                row.with(label, result, order, &mut open)
            })
        })
        .collect();
    let sum = |of: fn(&OpParity) -> usize| rows.iter().map(of).sum::<usize>();
    let [cases, refused, comparisons, wrong] = [
        sum(|row: &OpParity| row.cases),
        sum(|row| row.refused),
        sum(|row| row.comparisons),
        sum(|row| row.wrong),
    ];
    let tail = format!("{comparisons} comparisons in {cases} cases, {refused} of which it can't compute");
    let verdict = if wrong == 0 {
        format!("{} differs from the CPU by rounding alone: {tail}", device.name())
    } else {
        format!("{wrong} results of {} are further off than rounding explains: {tail}", device.name())
    };
    Findings {
        columns: vec![
            "op",
            "cases",
            "refused",
            "value, ulp",
            "gradient, ulp",
            "second order, ulp",
            "of what is allowed",
        ],
        lines: rows.iter().map(OpParity::result).collect(),
        open,
        verdict,
        passes: wrong == 0,
        json: json!({ "passes": wrong == 0, "device": device.name(), "ops": rows }),
    }
}

impl OpParity {
    /// The outcome with one more case.
    fn with(
        mut self,
        label: &str,
        result: &Result<Vec<Deviation>, Error>,
        order: u32,
        open: &mut Vec<OpenFinding>,
    ) -> OpParity {
        self.cases += 1;
        let found = match result {
            Ok(found) => found,
            Err(error) => {
                let (text, wrong) =
                    (format!("{label}: {error}"), !matches!(error, Error::Unsupported { .. }));
                self.refused += 1;
                self.wrong += usize::from(wrong);
                open.push(OpenFinding { markdown: format!("{text}\n"), text, wrong });
                return self;
            }
        };
        for found in found {
            let worst = match found.quantity {
                Quantity::Value => &mut self.value_ulps,
                Quantity::Gradient { .. } => &mut self.gradient_ulps,
                Quantity::Second { .. } if order < 2 => continue,
                Quantity::Second { .. } => &mut self.second_order_ulps,
            };
            *worst = worst.max(found.ulps());
            self.used = self.used.max(found.apart / found.allowed);
            self.comparisons += 1;
            if !found.is_rounding() {
                self.wrong += 1;
                let Deviation { quantity, apart, largest, allowed } = found;
                let text = format!(
                    "{label}: {quantity} is off by {apart:.1e}, where the largest element is {largest:.1e} and {allowed:.1e} is allowed"
                );
                open.push(OpenFinding { markdown: format!("{text}\n"), text, wrong: true });
            }
        }
        self
    }

    fn result(&self) -> OpResult {
        let ulps =
            |ulps: f64| if self.refused == self.cases { "–".to_owned() } else { format!("{ulps:.1}") };
        let cells = vec![
            self.op.to_owned(),
            self.cases.to_string(),
            self.refused.to_string(),
            ulps(self.value_ulps),
            ulps(self.gradient_ulps),
            ulps(self.second_order_ulps),
            format!("{:.0} %", 100.0 * self.used),
        ];
        OpResult { cells, wrong: self.wrong > 0 }
    }
}
