//! Many runs on one page, a card each.

use kiln_train::History;
use serde::Serialize;

use super::Shown;
use super::curve::{Curve, CurveChange, RunProgress};
use super::report::ReportData;
use super::status::RunStatus;
use super::template::{self, Page};
use crate::binned::Binned;
use crate::panel::panel_of;

/// Largest numbers of curves on a card, and of points in each.
const MOST_CURVES: usize = 4;
const MOST_POINTS: usize = 96;

/// A run among others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunCard {
    /// Path of the run's folder within that of all, with slashes.
    pub name: String,
    /// What is known of it, or the reason why it can't be read.
    pub facts: Result<CardFacts, String>,
}

/// What a card says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CardFacts {
    recipe: String,
    data: String,
    status: RunStatus,
    progress: RunProgress,
    /// The curves of the panel of the first metric.
    curves: Vec<Curve>,
    /// Step of the newest sheet.
    sheet: Option<u64>,
}

impl CardFacts {
    pub fn of(report: &ReportData, history: &History<Binned>) -> CardFacts {
        let panel = history.train.first().map(|series| panel_of(&series.name));
        let train = history.train.iter().map(|series| (series, false));
        let all = train.chain(history.test.iter().map(|series| (series, true)));
        let of_panel = all.filter(|(series, _)| Some(panel_of(&series.name)) == panel);
        let curves = of_panel.filter_map(|(series, test)| Curve::of(series, test, MOST_POINTS));
        CardFacts {
            recipe: report.setting("recipe").to_owned(),
            data: report.setting("data").to_owned(),
            status: report.status(),
            progress: report.progress(),
            curves: curves.take(MOST_CURVES).collect(),
            sheet: report.newest_sheet(),
        }
    }
}

/// All runs of a folder.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunCards {
    /// Name of the folder.
    pub folder: String,
    /// The runs, in the order in which they are shown.
    pub cards: Vec<RunCard>,
}

/// What a page doesn't know of the runs yet.
#[derive(Debug, Serialize)]
struct CardsChange<'a> {
    /// The names of all runs, in their order.
    names: Vec<&'a str>,
    /// The cards that are new or changed.
    cards: Vec<CardChange<'a>>,
}

#[derive(Debug, Serialize)]
struct CardChange<'a> {
    name: &'a str,
    #[serde(flatten)]
    facts: Option<FactsChange<'a>>,
    problem: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct FactsChange<'a> {
    recipe: &'a str,
    data: &'a str,
    status: RunStatus,
    progress: RunProgress,
    curves: Vec<CurveChange<'a>>,
    sheet: Option<u64>,
}

impl Shown for RunCards {
    fn page(&self, version: Option<u64>) -> Page {
        template::runs_page(&self.folder, version, &self.since(None))
    }

    fn since(&self, before: Option<&RunCards>) -> String {
        let is_new = |card: &&RunCard| before.is_none_or(|before| !before.cards.contains(card));
        let change = CardsChange {
            names: self.cards.iter().map(|card| &*card.name).collect(),
            cards: self.cards.iter().filter(is_new).map(RunCard::change).collect(),
        };
        serde_json::to_string(&change).unwrap_or_default()
    }
}

impl RunCard {
    fn change(&self) -> CardChange<'_> {
        let facts = self.facts.as_ref().ok().map(|facts| FactsChange {
            recipe: &facts.recipe,
            data: &facts.data,
            status: facts.status,
            progress: facts.progress,
            curves: facts.curves.iter().filter_map(|curve| curve.since(None)).collect(),
            sheet: facts.sheet,
        });
        CardChange { name: &self.name, facts, problem: self.facts.as_ref().err().map(|problem| &**problem) }
    }
}
