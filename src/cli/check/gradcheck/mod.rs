//! `kiln gradcheck`: the derivatives of kiln's ops against finite differences, and those of a GPU against the CPU's.

mod derivatives;
mod findings;
mod page;
mod parity;
mod work;

use crate::cli::help::examples;
use crate::cli::options::device::{DeviceChoice, cpu_or_gpu};
use crate::cli::options::number::{MAX_COUNT, whole};
use crate::cli::options::{threads, words};
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::output;
use clap::Args;
use kiln::check::CheckOptions;
use kiln::data::did_you_mean;
use kiln::grad::ops::{OpEntry, REGISTRY};
use kiln::train::write_output;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Check the derivatives of kiln's ops by finite differences, or a GPU by the CPU
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("All ops, each case once", "kiln gradcheck"),
    ("Two ops at more points, with a report", "kiln gradcheck conv2d batch_norm --cases 100 --report checks.html"),
    ("An op on a GPU, values and derivatives", "kiln gradcheck conv2d --device gpu"),
]))]
pub struct GradcheckArgs {
    /// Names of ops, such as conv2d; left out, all are checked
    #[arg(add = words::ops())]
    ops: Vec<String>,
    /// Device to check: cpu, in f64 by finite differences, or gpu or gpu:NAME, in f32 by the CPU's results
    #[arg(long, value_name = "DEVICE", default_value = "cpu", value_parser = cpu_or_gpu, help_heading = "Checks")]
    device: DeviceChoice,
    /// Number of cases of each op: its own cases in turn, each time at other points [default: each case once]
    #[arg(long, value_name = "N", value_parser = whole::<1, MAX_COUNT>, help_heading = "Checks")]
    cases: Option<u64>,
    /// Highest order of derivatives that is checked, 1 or 2
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=2),
        help_heading = "Checks")]
    order: u32,
    /// Seed of the points; the same seed gives the same checks
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = whole::<0, MAX_COUNT>, help_heading = "Checks")]
    seed: u64,
    /// Report to write: an .html, .md or .json file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    report: Option<PathBuf>,
}

impl CommandArgs for GradcheckArgs {
    /// Checks ops, prints a line for each, and fails if one is wrong.
    fn run(&self) -> Result<ExitCode, CommandError> {
        threads::start_all()?;
        let entries = chosen(&self.ops)?;
        let format = self.report.as_deref().map(report_format).transpose()?;
        let jobs = work::jobs(&entries, self.cases.map(|cases| cases as usize), self.seed);
        let findings = match &self.device {
            DeviceChoice::Cpu => {
                derivatives::check(&entries, jobs, &CheckOptions::new().order(self.order).seed(self.seed))
            }
            gpu => parity::check(&entries, jobs, self.order, &gpu.open()?.options.device),
        };
        let mut text = findings.table();
        findings.open.iter().filter(|open| open.wrong).for_each(|open| text += &format!("\n{}\n", open.text));
        text += &format!("\n{}\n", findings.verdict);
        if let (Some(path), Some(format)) = (&self.report, format) {
            let content = match format {
                ReportFormat::Html => page::html(&findings),
                ReportFormat::Markdown => page::markdown(&findings),
                ReportFormat::Json => page::json(&findings)?,
            };
            write_output(path, content.as_bytes())?;
            text += &format!("the report is in {}\n", path.display());
        }
        output::print(&text)?;
        Ok(if findings.passes { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The form of a report.
#[derive(Clone, Copy)]
enum ReportFormat {
    Html,
    Markdown,
    Json,
}

/// The ops of these names; all of them if there are none.
fn chosen(names: &[String]) -> Result<Vec<&'static OpEntry>, CommandError> {
    if names.is_empty() {
        return Ok(REGISTRY.iter().collect());
    }
    let find = |name: &String| {
        REGISTRY.iter().find(|entry| entry.name == name).ok_or_else(|| {
            let hint = did_you_mean(name, REGISTRY.iter().map(|entry| entry.name));
            CommandError::usage(format!("there is no op {name:?}; {hint}"))
        })
    };
    names.iter().map(find).collect()
}

fn report_format(path: &Path) -> Result<ReportFormat, CommandError> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => Ok(ReportFormat::Html),
        Some("md") => Ok(ReportFormat::Markdown),
        Some("json") => Ok(ReportFormat::Json),
        _ => Err(CommandError::usage(format!(
            "{} is no report that can be written; name it .html, .md or .json",
            path.display()
        ))),
    }
}
