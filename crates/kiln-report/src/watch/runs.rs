//! The runs of a folder.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use kiln_train::RunDir;

use super::feed::{Feed, Source};
use super::run::RunFiles;
use crate::ReportError;
use crate::page::{CardFacts, RunCard, RunCards, RunStatus};

/// Levels of folders in which runs are looked for: those of a search over settings have one of their own.
const LEVELS: usize = 3;

/// The runs of a folder, each with its feed.
pub(crate) struct RunsFolder {
    folder: PathBuf,
    feeds: Mutex<BTreeMap<String, Arc<Feed<RunFiles>>>>,
}

impl RunsFolder {
    pub fn new(folder: &Path) -> RunsFolder {
        RunsFolder { folder: folder.to_owned(), feeds: Mutex::default() }
    }

    /// The feeds of the runs there are, by their names: paths within the folder, with slashes.
    pub fn feeds(&self) -> Result<BTreeMap<String, Arc<Feed<RunFiles>>>, ReportError> {
        let mut found = BTreeMap::new();
        let read = fs::read_dir(&self.folder).map_err(ReportError::read(&self.folder))?;
        find(read, "", LEVELS, &mut found);
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        feeds.retain(|name, _| found.contains_key(name));
        for (name, run) in found {
            feeds.entry(name).or_insert_with(|| Arc::new(Feed::new(RunFiles::new(run))));
        }
        Ok(feeds.clone())
    }

    /// The feed of the run of this name.
    pub fn feed(&self, name: &str) -> Option<Arc<Feed<RunFiles>>> {
        self.feeds().ok()?.remove(name)
    }
}

/// Finds runs in a folder that is read, and in the folders in it. Links are not followed: they may go round.
fn find(folder: fs::ReadDir, prefix: &str, levels: usize, found: &mut BTreeMap<String, RunDir>) {
    for entry in folder.flatten() {
        let file_name = entry.file_name();
        let file_name = file_name.to_string_lossy();
        if file_name.starts_with('.') || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let name = format!("{prefix}{file_name}");
        match (RunDir::open(&entry.path()), levels > 1) {
            (Ok(run), _) => drop(found.insert(name, run)),
            (Err(_), true) => {
                if let Ok(inner) = fs::read_dir(entry.path()) {
                    find(inner, &format!("{name}/"), levels - 1, found);
                }
            }
            (Err(_), false) => {}
        }
    }
}

/// The runs of a folder as cards: those that train first, and the newest of each kind first.
pub(crate) struct RunCardFiles(pub Arc<RunsFolder>);

impl Source for RunCardFiles {
    type Report = RunCards;

    fn read(&mut self) -> Result<RunCards, ReportError> {
        let mut cards: Vec<(bool, Reverse<SystemTime>, RunCard)> = Vec::new();
        for (name, feed) in self.0.feeds()? {
            cards.push(feed.look(|files, report| {
                let facts = report.map(|report| CardFacts::of(report, files.history()));
                let trains = report.is_ok_and(|report| report.status() == RunStatus::Training);
                let begun = fs::metadata(files.dir().config()).and_then(|config| config.modified());
                let begun = begun.unwrap_or(SystemTime::UNIX_EPOCH);
                (!trains, Reverse(begun), RunCard { name, facts: facts.map_err(str::to_owned) })
            }));
        }
        cards.sort_by(|a, b| (a.0, a.1, &a.2.name).cmp(&(b.0, b.1, &b.2.name)));
        let folder = self.0.folder.display().to_string();
        Ok(RunCards { folder, cards: cards.into_iter().map(|(.., card)| card).collect() })
    }
}
