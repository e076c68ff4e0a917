//! A run as one page.

mod curve;
mod profile;
mod sheets;
mod state;
mod status;
mod template;

use kiln_train::{History, RunConfig, RunDir};
use serde::Serialize;

use crate::ReportError;

use curve::{Curve, RunProgress};
pub(crate) use sheets::SheetSource;
use state::RunState;

/// One HTML file with everything about a run: settings, curves, sheets, profile, environment and
/// checkpoints. It needs nothing from outside, and follows the reader's choice of light or dark. Of more
/// than 60 sheets, so many are taken, evenly spread, and the page says so.
///
/// A run that has only just begun gives a page too.
///
/// # Errors
/// When a file of the run can't be read or is not as kiln writes it.
pub fn render(run: &RunDir) -> Result<String, ReportError> {
    let history = History::read(&run.metrics())?;
    let report = ReportData::new(run, &history, SheetSource::Inside)?;
    Ok(report.page())
}

/// The data that the page's script works on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ReportData {
    name: String,
    /// Names and values of the settings, in their order.
    settings: Vec<(String, String)>,
    /// Whether the page can follow the run.
    live: bool,
    progress: RunProgress,
    curves: Vec<Curve>,
    state: RunState,
}

/// A change of a report, which the page knows by its name.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum ReportUpdate<'a> {
    /// The whole report anew.
    Report(&'a ReportData),
    /// Further points of curves.
    Points { progress: &'a RunProgress, curves: Vec<Curve> },
    /// The state of the run.
    State(&'a RunState),
}

impl ReportUpdate<'_> {
    /// The name of the event that brings the change to the page.
    pub fn name(&self) -> &'static str {
        match self {
            ReportUpdate::Report(_) => "report",
            ReportUpdate::Points { .. } => "points",
            ReportUpdate::State(_) => "state",
        }
    }
}

impl ReportData {
    pub fn new(run: &RunDir, history: &History, sources: SheetSource) -> Result<ReportData, ReportError> {
        let config = RunConfig::read(&run.config())?;
        Ok(ReportData {
            name: name(run),
            settings: settings(&config),
            live: sources == SheetSource::Served,
            progress: RunProgress::of(history, &config),
            curves: Curve::all(history),
            state: RunState::read(run, &config, sources)?,
        })
    }

    /// The changes since an earlier report of the same run.
    pub fn since(&self, before: &ReportData) -> Vec<ReportUpdate<'_>> {
        let curves = match Curve::since(&self.curves, &before.curves) {
            Some(curves) if self.settings == before.settings => curves,
            _ => return vec![ReportUpdate::Report(self)],
        };
        let mut updates = Vec::new();
        if !curves.is_empty() || self.progress != before.progress {
            updates.push(ReportUpdate::Points { progress: &self.progress, curves });
        }
        if self.state != before.state {
            updates.push(ReportUpdate::State(&self.state));
        }
        updates
    }

    /// The HTML page that shows the report.
    pub fn page(&self) -> String {
        template::page(self)
    }
}

/// The name of the run's folder.
fn name(run: &RunDir) -> String {
    // A name such as `.` says nothing, the folder behind it does.
    let whole = run.root().canonicalize();
    let root = whole.as_deref().unwrap_or(run.root());
    root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned()
}

fn settings(config: &RunConfig) -> Vec<(String, String)> {
    let table = toml::Table::try_from(config).unwrap_or_default();
    let mut settings = Vec::new();
    for key in RunConfig::KEYS {
        if let Some(value) = table.get(key) {
            add_setting(&mut settings, key.to_owned(), value);
        }
    }
    settings
}

/// Adds a setting, or those of a table with its name before theirs.
fn add_setting(settings: &mut Vec<(String, String)>, name: String, value: &toml::Value) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                add_setting(settings, format!("{name}.{key}"), value);
            }
        }
        toml::Value::String(text) => settings.push((name, text.clone())),
        other => settings.push((name, other.to_string())),
    }
}
