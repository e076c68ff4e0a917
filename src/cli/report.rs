//! `kiln report` and `kiln watch`: a run as a page.

use super::args::{Report, Watch};
use super::failure::Failure;
use super::output;
use kiln::report::{page, watch};
use kiln::train::{RunDir, write_atomic};

/// Writes the page of a run.
pub fn write(arguments: &Report) -> Result<(), Failure> {
    let dir = RunDir::open(&arguments.run)?;
    let out = arguments.out.clone().unwrap_or_else(|| dir.report());
    write_atomic(&out, page::render(&dir)?.as_bytes())?;
    output::print(&format!("the report is in {}; open it in a browser\n", out.display()))
}

/// Serves the page of a run until the program is ended.
pub fn serve(arguments: &Watch) -> Result<(), Failure> {
    let dir = RunDir::open(&arguments.run)?;
    let port = u16::try_from(arguments.port).unwrap_or_default();
    let server = watch::serve(dir, port)?;
    let run = arguments.run.display();
    output::print(&format!("{run} is shown at {}; Ctrl-C ends this\n", server.url()))?;
    server.wait();
    Ok(())
}
