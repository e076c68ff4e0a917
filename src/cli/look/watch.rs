//! `kiln watch`: a run as a page that follows it.

use crate::cli::help::examples;
use crate::cli::options::number::whole;
use crate::cli::options::words;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::{output, runs};
use clap::Args;
use kiln::report::watch;
use std::path::PathBuf;
use std::process::ExitCode;

/// Serve a run's report to this machine's browser, and update it while the run trains
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("At http://127.0.0.1:8080/", "kiln watch runs/vae-1"),
    ("At any free port, which is printed", "kiln watch runs/vae-1 --port 0"),
]))]
pub struct WatchArgs {
    /// Folder of the run, or its name in the folder runs
    #[arg(add = words::runs())]
    run: PathBuf,
    /// Port to serve at, from 0 to 65535; 0 takes any that is free
    #[arg(long, value_name = "N", default_value_t = 8080, value_parser = whole::<0, 65535>, help_heading = "Server")]
    port: u64,
}

impl CommandArgs for WatchArgs {
    /// Serves the page of a run until the program is ended.
    fn run(&self) -> Result<ExitCode, CommandError> {
        let dir = runs::open(&self.run)?;
        let port = u16::try_from(self.port).unwrap_or_default();
        let server = watch::serve(dir, port)?;
        let run = self.run.display();
        output::print(&format!("{run} is shown at {}; Ctrl-C ends this\n", server.url()))?;
        server.wait();
        Ok(ExitCode::SUCCESS)
    }
}
