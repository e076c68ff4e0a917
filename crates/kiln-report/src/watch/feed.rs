//! A report as it is now, and what has changed in it.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::http::Answer;
use crate::ReportError;
use crate::page::Shown;

/// Time between two looks at the files, at least.
const POLL: Duration = Duration::from_millis(500);

/// Largest number of changes that are kept, and of bytes in all of them. A page that knows none of them gets everything.
const MOST_CHANGES: usize = 64;
const MOST_BYTES: usize = 1 << 20;

/// Files that a report is made of.
pub(crate) trait Source {
    /// The report.
    type Report: Shown;

    /// The report by the files as they are now.
    fn read(&mut self) -> Result<Self::Report, ReportError>;
}

/// A report that is read anew when it is asked for, at most every [`POLL`], so that what no one looks at costs nothing.
/// No connection is held open for it: a page asks again and again for what has changed since the version it has.
pub(crate) struct Feed<S: Source> {
    now: Mutex<FeedState<S>>,
}

struct FeedState<S: Source> {
    source: S,
    looked: Option<Instant>,
    /// The last report that could be read.
    report: Option<S::Report>,
    /// The reason why the files can't be read at the moment.
    problem: Option<String>,
    /// Number of the report. It begins with the time of the start, so that a page of an earlier server knows none of
    /// these.
    version: u64,
    /// The last changes, each with the version that it leads to.
    changes: VecDeque<(u64, String)>,
    /// The page of this version.
    page: Option<Answer>,
}

impl<S: Source> Feed<S> {
    /// The feed of files that are not read yet.
    pub fn new(source: S) -> Feed<S> {
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Feed {
            now: Mutex::new(FeedState {
                source,
                looked: None,
                report: None,
                problem: None,
                version: start.as_millis() as u64,
                changes: VecDeque::new(),
                page: None,
            }),
        }
    }

    /// The page.
    pub fn page(&self) -> Answer {
        self.refreshed().page()
    }

    /// What has changed since a version, or everything, as JSON.
    pub fn changes(&self, since: Option<u64>) -> Answer {
        let text = self.refreshed().changes(since);
        Answer::new("application/json", text.into_bytes())
    }

    /// Looks at the files, and at the report, or the reason why there is none.
    pub fn look<T>(&self, with: impl FnOnce(&S, Result<&S::Report, &str>) -> T) -> T {
        let now = self.refreshed();
        let report = match (&now.report, &now.problem) {
            (Some(report), None) => Ok(report),
            (_, problem) => Err(problem.as_deref().unwrap_or_default()),
        };
        with(&now.source, report)
    }

    /// Looks at the source alone.
    pub fn source<T>(&self, with: impl FnOnce(&S) -> T) -> T {
        with(&self.lock().source)
    }

    /// Everything here is whole between any two statements, also after a thread that held the lock panicked.
    fn lock(&self) -> MutexGuard<'_, FeedState<S>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refreshed(&self) -> MutexGuard<'_, FeedState<S>> {
        let mut now = self.lock();
        if now.looked.is_none_or(|looked| looked.elapsed() >= POLL) {
            now.read();
            now.looked = Some(Instant::now());
        }
        now
    }
}

impl<S: Source> FeedState<S> {
    fn read(&mut self) {
        let report = match self.source.read() {
            Ok(report) => report,
            Err(error) => {
                self.problem = Some(error.to_string());
                return;
            }
        };
        self.problem = None;
        if self.report.as_ref() == Some(&report) {
            return;
        }
        let change = report.since(self.report.as_ref());
        self.version += 1;
        self.changes.push_back((self.version, change));
        let mut bytes: usize = self.changes.iter().map(|(_, change)| change.len()).sum();
        while self.changes.len() > MOST_CHANGES || bytes > MOST_BYTES {
            let Some((_, change)) = self.changes.pop_front() else { break };
            bytes -= change.len();
        }
        self.report = Some(report);
        self.page = None;
    }

    fn page(&mut self) -> Answer {
        let Some(report) = &self.report else {
            let problem = self.problem.as_deref().unwrap_or_default();
            return Answer::text("500 Internal Server Error", &format!("{problem}\n"));
        };
        let version = self.version;
        let answer = self.page.get_or_insert_with(|| {
            let page = report.page(Some(version));
            Answer::page(Arc::from(page.html.into_bytes()), &page.policy)
        });
        answer.clone()
    }

    fn changes(&self, since: Option<u64>) -> String {
        let problem = serde_json::to_string(&self.problem).unwrap_or_default();
        let mut text = format!("{{\"version\":{},\"problem\":{problem},\"changes\":[", self.version);
        let oldest = self.changes.front().map_or(self.version, |(version, _)| version - 1);
        let known = since.filter(|since| (oldest..=self.version).contains(since));
        match (known, &self.report) {
            (Some(since), _) => {
                let newer = self.changes.iter().filter(|(version, _)| *version > since);
                for (i, (_, change)) in newer.enumerate() {
                    let _ = write!(text, "{}{change}", if i > 0 { "," } else { "" });
                }
            }
            (None, Some(report)) => text += &report.since(None),
            (None, None) => {}
        }
        text + "]}"
    }
}
