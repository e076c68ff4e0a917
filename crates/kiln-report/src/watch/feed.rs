//! The report as it is now, and the connections that are sent its changes.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use kiln_train::{Follow, History, RunDir};
use serde::Serialize;

use super::whole;
use crate::ReportError;
use crate::page::{ReportData, ReportUpdate, SheetSource};

/// Number of events that wait for a slow reader. The connection of a slower one is closed; a browser connects again and
/// gets the whole report.
const MOST_WAITING: usize = 64;

/// The text of an event as it is sent: its name and data.
pub type EventText = Arc<str>;

/// The report as it is now, and the connections that are sent its changes.
pub struct ReportFeed {
    run: RunDir,
    now: Mutex<FeedState>,
}

struct FeedState {
    follow: Follow,
    report: ReportData,
    /// The reason why the files can't be read at the moment.
    problem: Option<String>,
    /// `None` once the server stops.
    readers: Option<Vec<SyncSender<EventText>>>,
}

impl ReportFeed {
    /// The feed of a run, which is read for the first time.
    pub fn new(run: RunDir) -> Result<ReportFeed, ReportError> {
        let mut follow = History::follow(&run.metrics());
        follow.poll()?;
        let report = ReportData::new(&run, follow.history(), SheetSource::Served)?;
        let now = Mutex::new(FeedState { follow, report, problem: None, readers: Some(Vec::new()) });
        Ok(ReportFeed { run, now })
    }

    /// The folder of the run.
    pub fn run(&self) -> &RunDir {
        &self.run
    }

    /// The HTML page.
    pub fn page(&self) -> String {
        whole(self.now.lock()).report.page()
    }

    /// The events of a new connection: the whole report, and then every change.
    pub fn subscribe(&self) -> Receiver<EventText> {
        let (sender, receiver) = sync_channel(MOST_WAITING);
        let mut now = whole(self.now.lock());
        let mut first = vec![update(&ReportUpdate::Report(&now.report))];
        first.extend(now.problem.as_ref().map(|problem| message("problem", problem)));
        let fits = first.into_iter().all(|message| sender.try_send(message).is_ok());
        if let Some(readers) = now.readers.as_mut().filter(|_| fits) {
            readers.push(sender);
        }
        receiver
    }

    /// Reads the files, and sends what has changed.
    pub fn poll(&self) {
        let mut now = whole(self.now.lock());
        let now = &mut *now;
        let messages = match read(&self.run, &mut now.follow) {
            Ok(report) => {
                let messages = match now.problem.take() {
                    Some(_) => vec![update(&ReportUpdate::Report(&report))],
                    None => report.since(&now.report).iter().map(update).collect(),
                };
                now.report = report;
                messages
            }
            Err(error) => {
                let problem = Some(error.to_string());
                if now.problem == problem {
                    return;
                }
                now.problem = problem;
                now.problem.iter().map(|problem| message("problem", problem)).collect()
            }
        };
        if let Some(readers) = &mut now.readers {
            readers.retain(|reader| messages.iter().all(|message| reader.try_send(message.clone()).is_ok()));
        }
    }

    /// Ends all connections.
    pub fn close(&self) {
        whole(self.now.lock()).readers = None;
    }
}

fn read(run: &RunDir, follow: &mut Follow) -> Result<ReportData, ReportError> {
    follow.poll()?;
    ReportData::new(run, follow.history(), SheetSource::Served)
}

fn update(update: &ReportUpdate) -> EventText {
    message(update.name(), update)
}

/// JSON has no line ends, so that the data are one line.
fn message(name: &str, data: &(impl Serialize + ?Sized)) -> EventText {
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}
