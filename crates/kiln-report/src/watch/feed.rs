//! The report as it is now, and those who are told how it changes.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use kiln_train::{Follow, History, RunDir};
use serde::Serialize;

use super::whole;
use crate::ReportError;
use crate::page::{Report, Sources, Update};

/// How many messages wait for a reader that is slow. One that is slower is sent away; a browser comes
/// back and gets the whole report.
const WAITING: usize = 64;

/// An event as it is sent: its name and data.
pub type Message = Arc<str>;

/// The report as it is now, and those who are told how it changes.
pub struct Feed {
    run: RunDir,
    now: Mutex<Now>,
}

struct Now {
    follow: Follow,
    report: Report,
    /// Why the files can't be read at the moment.
    problem: Option<String>,
    /// `None` once the server stops.
    readers: Option<Vec<SyncSender<Message>>>,
}

impl Feed {
    /// Reads the run for the first time.
    pub fn new(run: RunDir) -> Result<Feed, ReportError> {
        let mut follow = History::follow(&run.metrics());
        follow.poll()?;
        let report = Report::new(&run, follow.history(), Sources::Served)?;
        let now = Mutex::new(Now { follow, report, problem: None, readers: Some(Vec::new()) });
        Ok(Feed { run, now })
    }

    /// The folder.
    pub fn run(&self) -> &RunDir {
        &self.run
    }

    /// The page.
    pub fn page(&self) -> String {
        whole(self.now.lock()).report.page()
    }

    /// Everything there is now, and then every change.
    pub fn subscribe(&self) -> Receiver<Message> {
        let (sender, receiver) = sync_channel(WAITING);
        let mut now = whole(self.now.lock());
        let mut first = vec![update(&Update::Report(&now.report))];
        first.extend(now.problem.as_ref().map(|problem| message("problem", problem)));
        let fits = first.into_iter().all(|message| sender.try_send(message).is_ok());
        if let Some(readers) = now.readers.as_mut().filter(|_| fits) {
            readers.push(sender);
        }
        receiver
    }

    /// Looks at the files, and tells what has changed.
    pub fn poll(&self) {
        let mut now = whole(self.now.lock());
        let now = &mut *now;
        let messages = match read(&self.run, &mut now.follow) {
            Ok(report) => {
                let messages = match now.problem.take() {
                    Some(_) => vec![update(&Update::Report(&report))],
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

    /// Sends everybody away.
    pub fn close(&self) {
        whole(self.now.lock()).readers = None;
    }
}

fn read(run: &RunDir, follow: &mut Follow) -> Result<Report, ReportError> {
    follow.poll()?;
    Report::new(run, follow.history(), Sources::Served)
}

fn update(update: &Update) -> Message {
    message(update.name(), update)
}

/// JSON has no line ends, so that the data are one line.
fn message(name: &str, data: &(impl Serialize + ?Sized)) -> Message {
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}
