//! A run as one page.

mod cards;
mod curve;
mod json;
mod profile;
mod report;
mod sheets;
mod status;
mod steps;
mod template;

use kiln_train::{Follow, RunDir};

use crate::ReportError;

pub(crate) use cards::{CardFacts, RunCard, RunCards};
pub(crate) use report::ReportData;
pub(crate) use sheets::{SheetSource, open_sheet};
pub(crate) use status::RunStatus;
pub(crate) use template::Page;

/// One HTML file with everything about a run: settings, curves, sheets, profile, environment and
/// checkpoints. It needs nothing from outside, and follows the reader's choice of light or dark. Of more
/// than 60 sheets, so many are taken, evenly spread, and of curves of more than 1024 points the means and bounds of
/// so many parts at most; the page says so. Sheets that are links are left out.
///
/// A run that has only just begun gives a page too.
///
/// # Errors
/// When a file of the run can't be read or is not as kiln writes it.
pub fn render(run: &RunDir) -> Result<String, ReportError> {
    let mut metrics = Follow::new(&run.metrics());
    metrics.poll()?;
    let report = ReportData::new(run, metrics.history(), SheetSource::Inside)?;
    Ok(report.page(None).html)
}

/// What a page shows, as it is at some time.
pub(crate) trait Shown: PartialEq {
    /// The page. One that is to follow what happens gets the version that it shows.
    fn page(&self, version: Option<u64>) -> Page;

    /// The change from what a page shows, as JSON for its script; from nothing, it is everything.
    fn since(&self, before: Option<&Self>) -> String;
}
