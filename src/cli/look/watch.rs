//! `kiln watch`: runs as pages that follow them.

use crate::cli::help::examples;
use crate::cli::options::number::whole;
use crate::cli::options::words;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::output;
use crate::cli::support::runs::{self, RUNS};
use clap::Args;
use kiln::report::watch;
use std::path::PathBuf;
use std::process::ExitCode;

/// Serve the reports of runs to this machine's browser, live while the runs train
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("A run, at http://127.0.0.1:8080/", "kiln watch runs/vae-1"),
    ("All runs of a folder on one page, with links to their own", "kiln watch runs"),
    ("At any free port, which is printed", "kiln watch runs/vae-1 --port 0"),
]))]
pub struct WatchArgs {
    /// Folder of a run, or its name in the folder runs; or a folder of runs
    #[arg(default_value = RUNS, add = words::runs())]
    run: PathBuf,
    /// Port to serve at, from 0 to 65535; 0 takes any that is free [default: 8080, or the next that is free]
    #[arg(long, value_name = "N", value_parser = whole::<0, 65535>, help_heading = "Server")]
    port: Option<u64>,
}

/// The first port that is tried, and how many after it.
const PORT: u16 = 8080;
const MORE_PORTS: u16 = 99;

impl CommandArgs for WatchArgs {
    /// Serves pages until the program is ended.
    fn run(&self) -> Result<ExitCode, CommandError> {
        let port = self.port.map(|port| u16::try_from(port).unwrap_or_default());
        let ports = port.map_or(PORT..=PORT + MORE_PORTS, |port| port..=port);
        let server = match runs::open(&self.run) {
            Ok(run) => watch::serve(run, ports)?,
            Err(_) if self.run.is_dir() => watch::serve_all(&self.run, ports)?,
            Err(error) => return Err(error),
        };
        let what = self.run.display();
        output::print(&format!("{what} is shown at {}; Ctrl-C ends this\n", server.url()))?;
        server.wait();
        Ok(ExitCode::SUCCESS)
    }
}
