//! The checks themselves, on all cores.

use indicatif::{ProgressBar, ProgressStyle};
use kiln::check::in_parallel;
use kiln::grad::Case;
use kiln::grad::ops::OpEntry;
use std::io::IsTerminal;

/// A case of an op at a point.
pub struct CheckJob {
    pub op: &'static str,
    pub case: Case,
    pub seed: u64,
}

/// Jobs for this many cases of each op: its own in turn, each time at other points; each once if `None`.
pub fn jobs(entries: &[&'static OpEntry], cases: Option<usize>, seed: u64) -> Vec<CheckJob> {
    let of = |entry: &&'static OpEntry| {
        let (op, own) = (entry.name, (entry.cases)());
        let count = cases.unwrap_or(own.len()).max(own.len().min(1));
        let job = move |i: usize| {
            let mut case = own[i % own.len()].clone();
            case.label = format!("{op}, {}", case.label);
            CheckJob { op, case, seed: seed + (i / own.len()) as u64 }
        };
        (0..count).map(job).collect::<Vec<_>>()
    };
    entries.iter().flat_map(of).collect()
}

/// The findings of a check of each job, each with its op, in the order of the jobs.
pub fn run<R: Send>(jobs: Vec<CheckJob>, check: impl Fn(&CheckJob) -> R + Sync) -> Vec<(&'static str, R)> {
    let bar = bar(jobs.len());
    let found = in_parallel(jobs, |job| {
        bar.set_message(job.op);
        let found = check(&job);
        bar.inc(1);
        (job.op, found)
    });
    bar.finish_and_clear();
    found
}

fn bar(jobs: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {eta} left  {wide_msg}");
    ProgressBar::new(jobs as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
