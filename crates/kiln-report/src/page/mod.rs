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

use curve::{Curve, Progress};
pub(crate) use sheets::Sources;
use state::State;

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
    let report = Report::new(run, &history, Sources::Inside)?;
    Ok(report.page())
}

/// What the page shows: the data its script works on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Report {
    name: String,
    /// Names and values, in the order of the settings.
    settings: Vec<(String, String)>,
    /// Whether the page can follow the run.
    live: bool,
    progress: Progress,
    curves: Vec<Curve>,
    state: State,
}

/// How a report changed. The page knows these by their names.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Update<'a> {
    /// Everything anew.
    Report(&'a Report),
    /// There are more points.
    Points { progress: &'a Progress, curves: Vec<Curve> },
    /// What there is besides.
    State(&'a State),
}

impl Update<'_> {
    /// The name of the event that brings it to the page.
    pub fn name(&self) -> &'static str {
        match self {
            Update::Report(_) => "report",
            Update::Points { .. } => "points",
            Update::State(_) => "state",
        }
    }
}

impl Report {
    pub fn new(run: &RunDir, history: &History, sources: Sources) -> Result<Report, ReportError> {
        let config = RunConfig::read(&run.config())?;
        Ok(Report {
            name: name(run),
            settings: settings(&config),
            live: sources == Sources::Served,
            progress: Progress::of(history, &config),
            curves: Curve::all(history),
            state: State::read(run, &config, sources)?,
        })
    }

    /// What has changed since an earlier report of the same run.
    pub fn since(&self, before: &Report) -> Vec<Update<'_>> {
        let curves = match Curve::since(&self.curves, &before.curves) {
            Some(curves) if self.settings == before.settings => curves,
            _ => return vec![Update::Report(self)],
        };
        let mut updates = Vec::new();
        if !curves.is_empty() || self.progress != before.progress {
            updates.push(Update::Points { progress: &self.progress, curves });
        }
        if self.state != before.state {
            updates.push(Update::State(&self.state));
        }
        updates
    }

    /// The page that shows this.
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
