//! `kiln gradcheck`: the derivatives of kiln's ops against finite differences.

mod page;
mod row;
mod work;

use super::args::Gradcheck;
use super::failure::Failure;
use super::nearest::nearest;
use super::output;
use kiln::check::{Options, Summary, Verdict};
use kiln::grad::ops::{Entry, REGISTRY};
use kiln::train::write_atomic;
use row::Row;
use std::path::Path;
use std::process::ExitCode;

/// How a report is written.
#[derive(Clone, Copy)]
enum Format {
    Html,
    Markdown,
    Json,
}

/// Checks ops, prints a line for each, and fails if a derivative is wrong.
pub fn gradcheck(arguments: &Gradcheck) -> Result<ExitCode, Failure> {
    if arguments.device == "gpu" {
        return Err(Failure::other("kiln computes on the CPU alone so far; leave --device out"));
    }
    let entries = chosen(&arguments.ops)?;
    let format = arguments.report.as_deref().map(format).transpose()?;
    let options = Options::new().order(arguments.order).seed(arguments.seed);
    let jobs = work::jobs(&entries, arguments.cases.map(|cases| cases as usize), arguments.seed);
    let reports = work::run(jobs, &options);

    let rows: Vec<Row> = entries.iter().map(|entry| Row::of(entry.name, &reports)).collect();
    let all: Vec<_> = reports.into_iter().map(|(_, report)| report).collect();
    let summary = Summary::of(&all);
    let mut text = row::table(&rows);
    let wrong = summary.open.iter().filter(|report| report.verdict() == Verdict::Mismatch);
    wrong.for_each(|report| text += &format!("\n{report}\n"));
    text += &format!("\n{}\n", verdict(&summary));
    if let (Some(path), Some(format)) = (&arguments.report, format) {
        let content = match format {
            Format::Html => page::html(&rows, &summary, &verdict(&summary)),
            Format::Markdown => page::markdown(&rows, &summary, &verdict(&summary)),
            Format::Json => page::json(&rows, &summary)?,
        };
        write_atomic(path, content.as_bytes())?;
        text += &format!("the report is in {}\n", path.display());
    }
    output::print(&text)?;
    Ok(if summary.passes() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The ops of these names; all of them if there are none.
fn chosen(names: &[String]) -> Result<Vec<&'static Entry>, Failure> {
    if names.is_empty() {
        return Ok(REGISTRY.iter().collect());
    }
    let find = |name: &String| {
        REGISTRY.iter().find(|entry| entry.name == name).ok_or_else(|| {
            let hint = nearest(name, REGISTRY.iter().map(|entry| entry.name));
            Failure::usage(format!("there is no op {name:?}; {hint}"))
        })
    };
    names.iter().map(find).collect()
}

fn format(path: &Path) -> Result<Format, Failure> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => Ok(Format::Html),
        Some("md") => Ok(Format::Markdown),
        Some("json") => Ok(Format::Json),
        _ => Err(Failure::usage(format!(
            "{} is no report that can be written; name it .html, .md or .json",
            path.display()
        ))),
    }
}

fn verdict(summary: &Summary) -> String {
    let share = 100.0 * summary.inconclusive_share;
    let total = summary.tally.total();
    let tail = format!("{total} comparisons in {} cases, {share:.2} % inconclusive", summary.reports);
    match summary.tally.mismatch {
        0 if summary.passes() => format!("all derivatives are right: {tail}"),
        0 => format!("too many comparisons can't tell: {tail}"),
        wrong => format!("{wrong} comparisons show a wrong derivative: {tail}"),
    }
}
