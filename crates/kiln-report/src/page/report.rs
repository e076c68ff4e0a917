//! Everything about a run, as its page shows it.

use kiln_train::{History, RunConfig, RunDir, RunEvaluation};
use serde::Serialize;

use super::Shown;
use super::curve::{Curve, CurveChange, RunProgress};
use super::json::{Environment, json};
use super::profile::RunProfile;
use super::sheets::{PageSheets, SheetSource, SheetsChange};
use super::status::RunStatus;
use super::steps::StepsChange;
use super::template::{self, Page};
use crate::ReportError;
use crate::binned::Binned;

/// Everything about a run, as its page shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReportData {
    name: String,
    /// Names and values of the settings, in their order.
    settings: Vec<(String, String)>,
    progress: RunProgress,
    curves: Vec<Curve>,
    status: RunStatus,
    sheets: PageSheets,
    /// Steps of the checkpoints.
    checkpoints: Vec<u64>,
    environment: Option<Environment>,
    profile: Option<RunProfile>,
    evaluation: Option<RunEvaluation>,
}

/// What a page doesn't know of a run yet; what is left out hasn't changed.
#[derive(Debug, PartialEq, Serialize)]
struct ReportChange<'a> {
    /// Whether the curves that the page has no longer hold.
    whole: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<&'a Vec<(String, String)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<&'a RunProgress>,
    curves: Vec<CurveChange<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a RunStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheets: Option<SheetsChange<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoints: Option<StepsChange<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'a Option<Environment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a Option<RunProfile>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation: Option<&'a Option<RunEvaluation>>,
}

impl ReportData {
    pub fn new(
        run: &RunDir,
        history: &History<Binned>,
        sources: SheetSource,
    ) -> Result<ReportData, ReportError> {
        let config = RunConfig::read(&run.config())?;
        Ok(ReportData {
            name: name(run),
            settings: settings(&config),
            progress: RunProgress::of(history, &config),
            curves: Curve::all(history),
            status: RunStatus::of(run, &config)?,
            sheets: PageSheets::read(run, sources)?,
            checkpoints: run.checkpoint_steps()?,
            environment: json(&run.environment())?,
            profile: json(&run.profile())?,
            evaluation: json(&run.evaluation())?,
        })
    }

    pub fn progress(&self) -> RunProgress {
        self.progress
    }

    pub fn status(&self) -> RunStatus {
        self.status
    }

    /// Step of the newest sheet.
    pub fn newest_sheet(&self) -> Option<u64> {
        self.sheets.steps().last().copied()
    }

    /// The value of a setting; empty without it.
    pub fn setting(&self, name: &str) -> &str {
        self.settings.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

impl Shown for ReportData {
    fn page(&self, version: Option<u64>) -> Page {
        template::run_page(&self.name, version, &self.since(None))
    }

    fn since(&self, before: Option<&ReportData>) -> String {
        // A run of other settings, or without a metric that it had, is another run.
        let goes_on = |before: &&ReportData| {
            let has = |old: &Curve| self.curves.iter().any(|curve| curve.is_of(old));
            (&before.name, &before.settings) == (&self.name, &self.settings) && before.curves.iter().all(has)
        };
        let before = before.filter(goes_on);
        let old = |curve: &Curve| before.and_then(|before| before.curves.iter().find(|old| old.is_of(curve)));
        let checkpoints = changed(&self.checkpoints, before.map(|before| &before.checkpoints));
        let change = ReportChange {
            whole: before.is_none(),
            settings: changed(&self.settings, before.map(|before| &before.settings)),
            progress: changed(&self.progress, before.map(|before| &before.progress)),
            curves: self.curves.iter().filter_map(|curve| curve.since(old(curve))).collect(),
            status: changed(&self.status, before.map(|before| &before.status)),
            sheets: self.sheets.since(before.map(|before| &before.sheets)),
            checkpoints: checkpoints
                .map(|steps| StepsChange::between(steps, before.map_or(&[], |before| &before.checkpoints))),
            environment: changed(&self.environment, before.map(|before| &before.environment)),
            profile: changed(&self.profile, before.map(|before| &before.profile)),
            evaluation: changed(&self.evaluation, before.map(|before| &before.evaluation)),
        };
        serde_json::to_string(&change).unwrap_or_default()
    }
}

/// The value, unless it is as before.
fn changed<'a, T: PartialEq>(now: &'a T, before: Option<&T>) -> Option<&'a T> {
    (before != Some(now)).then_some(now)
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
