//! `kiln gradcheck`: the derivatives of kiln's ops against finite differences, and those of a GPU against the CPU's.

mod derivatives;
mod findings;
mod page;
mod parity;
mod work;

use super::args::Gradcheck;
use super::device::Choice;
use super::failure::Failure;
use super::nearest::nearest;
use super::output;
use kiln::check::CheckOptions;
use kiln::grad::ops::{OpEntry, REGISTRY};
use kiln::train::write_atomic;
use std::path::Path;
use std::process::ExitCode;

/// How a report is written.
#[derive(Clone, Copy)]
enum Format {
    Html,
    Markdown,
    Json,
}

/// Checks ops, prints a line for each, and fails if one is wrong.
pub fn gradcheck(arguments: &Gradcheck) -> Result<ExitCode, Failure> {
    let entries = chosen(&arguments.ops)?;
    let format = arguments.report.as_deref().map(format).transpose()?;
    let jobs = work::jobs(&entries, arguments.cases.map(|cases| cases as usize), arguments.seed);
    let findings = match &arguments.device {
        Choice::Cpu => derivatives::check(
            &entries,
            jobs,
            &CheckOptions::new().order(arguments.order).seed(arguments.seed),
        ),
        gpu => parity::check(&entries, jobs, arguments.order, &gpu.open()?.options.device),
    };
    let mut text = findings.table();
    findings.open.iter().filter(|open| open.wrong).for_each(|open| text += &format!("\n{}\n", open.text));
    text += &format!("\n{}\n", findings.verdict);
    if let (Some(path), Some(format)) = (&arguments.report, format) {
        let content = match format {
            Format::Html => page::html(&findings),
            Format::Markdown => page::markdown(&findings),
            Format::Json => page::json(&findings)?,
        };
        write_atomic(path, content.as_bytes())?;
        text += &format!("the report is in {}\n", path.display());
    }
    output::print(&text)?;
    Ok(if findings.passes { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The ops of these names; all of them if there are none.
fn chosen(names: &[String]) -> Result<Vec<&'static OpEntry>, Failure> {
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
