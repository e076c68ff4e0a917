//! `kiln report`: a run as a page.

use crate::cli::help::examples;
use crate::cli::options::words;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::{output, run_pictures, runs};
use clap::Args;
use kiln::report::page;
use kiln::train::{write_atomic, write_output};
use std::path::PathBuf;
use std::process::ExitCode;

/// Write a run's report, one HTML page with everything, and its curves and film
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("Into the folder of the run", "kiln report runs/vae-1"),
    ("To a file of its own, to be sent; it needs nothing else", "kiln report runs/vae-1 --out vae.html"),
]))]
pub struct ReportArgs {
    /// Folder of the run, or its name in the folder runs
    #[arg(add = words::runs())]
    run: PathBuf,
    /// HTML file to write, alone [default: report.html in the run's folder, beside curves.png and training.gif]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,
}

impl CommandArgs for ReportArgs {
    fn run(&self) -> Result<ExitCode, CommandError> {
        let dir = runs::open(&self.run)?;
        let page = page::render(&dir)?;
        let out = match &self.out {
            Some(out) => {
                write_output(out, page.as_bytes())?;
                out.clone()
            }
            // A run that was killed hasn't made its pictures, or those it has are of an earlier stop.
            None => {
                write_atomic(&dir.report(), page.as_bytes())?;
                run_pictures::write(&dir)?;
                dir.report()
            }
        };
        output::print(&format!("the report is in {}; open it in a browser\n", out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}
