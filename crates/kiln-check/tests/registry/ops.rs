//! The cases that ops bring.

use crate::parallel;
use kiln_check::{CheckOptions, CheckReport, CheckSummary, case, in_parallel};
use kiln_grad::ops::REGISTRY;
use std::collections::HashSet;

/// Panics with all reports that found a mismatch, or when more than 1 % of the comparisons can't tell.
pub fn judge(reports: &[CheckReport]) {
    let summary = CheckSummary::of(reports);
    println!("{}", summary.to_markdown());
    summary.assert_pass();
}

#[test]
fn every_op_passes_both_orders() {
    let cases = REGISTRY.iter().flat_map(|entry| (entry.cases)().into_iter().map(|case| (entry.name, case)));
    let seeds = parallel::scaled(2) as u64;
    let jobs: Vec<_> = cases.flat_map(|case| (0..seeds).map(move |seed| (case.clone(), seed))).collect();
    let reports = in_parallel(jobs, |((name, mut one), seed)| {
        one.label = format!("{name}, {}", one.label);
        case(&one, &CheckOptions::new().seed(seed))
    });
    judge(&reports);
}

#[test]
fn every_op_has_cases_with_elements() {
    for entry in REGISTRY {
        let cases = (entry.cases)();
        let filled = cases.iter().any(|case| case.inputs.iter().all(|input| input.dims.numel() > 1));
        assert!(filled, "{} has no case with more than one element", entry.name);
        let labels: HashSet<String> = cases.iter().map(|case| format!("{case:?}")).collect();
        assert!(labels.len() * 4 >= cases.len(), "{}: the cases look alike", entry.name);
    }
}
