//! `kiln report`: a run as a page.

use crate::cli::help::examples;
use crate::cli::options::words;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::{output, runs};
use clap::Args;
use kiln::report::page;
use kiln::train::write_atomic;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write a run's report: one HTML page with its curves, images, settings and profile
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("Into the folder of the run", "kiln report runs/vae-1"),
    ("To a file of its own, to be sent; it needs nothing else", "kiln report runs/vae-1 --out vae.html"),
]))]
pub struct ReportArgs {
    /// Folder of the run, or its name in the folder runs
    #[arg(add = words::runs())]
    run: PathBuf,
    /// HTML file to write [default: report.html in the run's folder]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,
}

impl CommandArgs for ReportArgs {
    fn run(&self) -> Result<ExitCode, CommandError> {
        let dir = runs::open(&self.run)?;
        let out = self.out.clone().unwrap_or_else(|| dir.report());
        write_atomic(&out, page::render(&dir)?.as_bytes())?;
        output::print(&format!("the report is in {}; open it in a browser\n", out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}
