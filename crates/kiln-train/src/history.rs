//! Reading the metrics of a run back, also while they are being written.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use crate::files::open_regular;

/// The longest line that is read, in bytes. Those that runs write have some hundred.
const LONGEST: usize = 1 << 20;

/// How many bytes, at least, before the end of what was read are compared to notice that a file was rewritten. They
/// hold the seconds of many lines, which no two trainings share.
const TAIL: usize = 4096;

/// What can go wrong when metrics are read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// A file that can't be read.
    #[error("cannot read {path}: {reason}; check that it is a file and that you may read it", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Message of the operating system.
        #[source]
        reason: io::Error,
    },

    /// A line that no run wrote.
    #[error("line {line} of {path} is not a line of metrics: {problem}; correct or remove it", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
}

/// Points of a metric, as a reader keeps them: all of them, or a summary of bounded size.
pub trait Points: Default {
    /// Adds the value of a step that comes after the others.
    fn add(&mut self, step: u64, value: f64);

    /// The last step, if there is any.
    fn last_step(&self) -> Option<u64>;
}

/// All points: steps, ascending, and the values there.
impl Points for Vec<(u64, f64)> {
    fn add(&mut self, step: u64, value: f64) {
        self.push((step, value));
    }

    fn last_step(&self) -> Option<u64> {
        self.last().map(|point| point.0)
    }
}

/// One metric over the steps of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series<P = Vec<(u64, f64)>> {
    /// The metric.
    pub name: String,
    /// Steps, ascending, and the values there.
    pub points: P,
}

/// Number of lines over which the speed of a run is measured.
const RECENT: usize = 32;

/// All metrics of a run, in the order in which they first come in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History<P = Vec<(u64, f64)>> {
    /// What training steps reported.
    pub train: Vec<Series<P>>,
    /// What was measured on the test set.
    pub test: Vec<Series<P>>,
    /// The step of the last line; 0 without any.
    pub last_step: u64,
    /// How long was trained until the last line, over all parts of the run.
    pub seconds: f64,
    /// Steps and seconds of the last lines of training.
    pub recent: VecDeque<(u64, f64)>,
}

impl History {
    /// Reads a `metrics.jsonl`. A run that has just begun has none yet, which gives an empty history; a
    /// last line without its end is one that is being written, and is left out.
    ///
    /// # Errors
    /// When the file can't be read, or a line is not one that a run writes.
    pub fn read(path: &Path) -> Result<History, HistoryError> {
        let mut follow = History::follow(path);
        follow.poll()?;
        Ok(follow.history)
    }

    /// Reads a `metrics.jsonl` bit by bit while it grows. Nothing is read before the first
    /// [`poll`](Follow::poll).
    pub fn follow(path: &Path) -> Follow {
        Follow::new(path)
    }
}

impl<P: Points> History<P> {
    /// Number of steps a second over the last lines, or over the whole run if there is one line; `None` as long as
    /// nothing was trained.
    pub fn steps_per_second(&self) -> Option<f64> {
        let (last, first) = (self.recent.back()?, self.recent.front()?);
        let (step, seconds) = if self.recent.len() > 1 { *first } else { (0, 0.0) };
        let rate = last.0.saturating_sub(step) as f64 / (last.1 - seconds);
        (rate.is_finite() && rate > 0.0).then_some(rate)
    }

    /// Adds a record that comes after the others.
    fn add(&mut self, record: Record) -> Result<(), String> {
        let Record { step, seconds, train, test } = record;
        add_points(&mut self.train, &train, step)?;
        add_points(&mut self.test, &test, step)?;
        self.last_step = self.last_step.max(step);
        if let Some(seconds) = seconds {
            self.seconds = seconds;
            self.recent.push_back((step, seconds));
            if self.recent.len() > RECENT {
                self.recent.pop_front();
            }
        }
        Ok(())
    }
}

fn add_points<P: Points>(all: &mut Vec<Series<P>>, pairs: &[(Name, f64)], step: u64) -> Result<(), String> {
    for (place, (Name(name), value)) in pairs.iter().enumerate() {
        // Most lines have the metrics of those before, in the same order.
        let same = all.get(place).is_some_and(|series| series.name == *name);
        let known = if same { Some(place) } else { all.iter().position(|series| series.name == *name) };
        let at = known.unwrap_or_else(|| {
            all.push(Series { name: name.to_string(), points: P::default() });
            all.len() - 1
        });
        match all[at].points.last_step() {
            Some(last) if last >= step => {
                return Err(format!("it has `{name}` of step {step}, and step {last} came before"));
            }
            _ => all[at].points.add(step, *value),
        }
    }
    Ok(())
}

/// What [`Follow::poll`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing new.
    Nothing,
    /// More lines; what was read before still holds.
    Grown,
    /// What was read before no longer holds, because the run was resumed from an earlier step. The history
    /// was read anew.
    Rewritten,
}

/// A `metrics.jsonl` that grows, and its history so far.
#[derive(Debug)]
pub struct Follow<P = Vec<(u64, f64)>> {
    path: PathBuf,
    history: History<P>,
    /// Number of lines that were read.
    lines: u64,
    /// Number of their bytes.
    offset: u64,
    /// The last of those bytes.
    tail: Vec<u8>,
}

impl<P: Points> Follow<P> {
    /// A `metrics.jsonl` of which nothing is read before the first [`poll`](Follow::poll).
    pub fn new(path: &Path) -> Follow<P> {
        Follow { path: path.to_owned(), history: History::default(), lines: 0, offset: 0, tail: Vec::new() }
    }

    /// The history up to the last [`poll`](Follow::poll).
    pub fn history(&self) -> &History<P> {
        &self.history
    }

    /// Reads what has come since, or everything when the file was rewritten.
    ///
    /// # Errors
    /// When the file can't be read, or a line is not one that a run writes; the lines before it are in the
    /// history, and it is tried again next time.
    pub fn poll(&mut self) -> Result<Change, HistoryError> {
        let path = self.path.clone();
        let unreadable = |reason| HistoryError::Read { path: path.clone(), reason };
        let mut file = match open_regular(&path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(error)),
        };
        let goes_on = self.goes_on(file.as_mut()).map_err(unreadable)?;
        if !goes_on {
            *self = Follow::new(&path);
        }
        let lines = self.lines;
        if let Some(mut file) = file {
            file.seek(SeekFrom::Start(self.offset)).map_err(unreadable)?;
            let mut file = BufReader::with_capacity(1 << 16, file);
            let mut line = Vec::new();
            while read_line(&mut file, &mut line).map_err(unreadable)? {
                self.add(&line).map_err(|problem| HistoryError::Line {
                    path: path.clone(),
                    line: self.lines + 1,
                    problem,
                })?;
            }
        }
        Ok(match (goes_on, self.lines > lines) {
            (false, _) => Change::Rewritten,
            (true, true) => Change::Grown,
            (true, false) => Change::Nothing,
        })
    }

    /// Whether the file still begins with what was read.
    fn goes_on(&self, file: Option<&mut File>) -> io::Result<bool> {
        let Some(file) = file else { return Ok(self.offset == 0) };
        file.seek(SeekFrom::Start(self.offset - self.tail.len() as u64))?;
        let mut now = Vec::new();
        file.take(self.tail.len() as u64).read_to_end(&mut now)?;
        Ok(now == self.tail)
    }

    /// Adds a whole line, with its end.
    fn add(&mut self, line: &[u8]) -> Result<(), String> {
        let Some(text) = line.strip_suffix(b"\n") else {
            return Err(format!("it has more than {LONGEST} bytes"));
        };
        let record: Record = serde_json::from_slice(text).map_err(|error| {
            let message = error.to_string();
            // The parser counts lines within the one it got.
            message.split(" at line ").next().unwrap_or_default().to_owned()
        })?;
        self.history.add(record)?;
        self.lines += 1;
        self.offset += line.len() as u64;
        self.tail.extend_from_slice(line);
        if self.tail.len() > 2 * TAIL {
            self.tail.drain(..self.tail.len() - TAIL);
        }
        Ok(())
    }
}

/// The next line, if it is whole or too long to be one.
fn read_line(file: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    file.take(LONGEST as u64).read_until(b'\n', line)?;
    Ok(line.ends_with(b"\n") || line.len() == LONGEST)
}

/// The name of a metric, not copied unless it has escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Names and values, in their order.
struct NamedNumbers<'a>(Vec<(Name<'a>, f64)>);

impl<'de> Deserialize<'de> for NamedNumbers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers;
        impl<'de> Visitor<'de> for Numbers {
            type Value = NamedNumbers<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object of numbers")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NamedNumbers<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(NamedNumbers(pairs))
            }
        }
        deserializer.deserialize_map(Numbers)
    }
}

/// A line.
struct Record<'a> {
    step: u64,
    seconds: Option<f64>,
    train: Vec<(Name<'a>, f64)>,
    test: Vec<(Name<'a>, f64)>,
}

impl<'de> Deserialize<'de> for Record<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Line;
        impl<'de> Visitor<'de> for Line {
            type Value = Record<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object with a step")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record<'de>, A::Error> {
                let mut step = None;
                let mut record = Record { step: 0, seconds: None, train: Vec::new(), test: Vec::new() };
                while let Some(key) = map.next_key::<Name>()? {
                    match &*key.0 {
                        "step" => step = Some(map.next_value()?),
                        "epoch" => drop(map.next_value::<u64>()?),
                        "seconds" => record.seconds = Some(map.next_value()?),
                        "test" => record.test.extend(map.next_value::<NamedNumbers>()?.0),
                        _ => record.train.push((key, map.next_value()?)),
                    }
                }
                record.step = step.ok_or_else(|| A::Error::missing_field("step"))?;
                Ok(record)
            }
        }
        deserializer.deserialize_map(Line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MetricsLog, TestRecord, TrainRecord};
    use std::io::Write;

    fn train(log: &mut MetricsLog, step: u64, seconds: f64) {
        let metrics = &[("loss".to_owned(), step as f64 / 4.0), ("accuracy".to_owned(), 0.5)];
        log.add(&TrainRecord { step, epoch: 0, seconds, metrics }).unwrap();
    }

    fn steps(series: &Series) -> Vec<u64> {
        series.points.iter().map(|point| point.0).collect()
    }

    #[test]
    fn what_was_written_is_read_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        assert_eq!(History::read(&path).unwrap(), History::default());
        let mut log = MetricsLog::open(&path, 0).unwrap();
        train(&mut log, 10, 1.5);
        log.add(&TestRecord { step: 10, epoch: 0, metrics: &[("loss".to_owned(), 7.0)] }).unwrap();
        train(&mut log, 20, 3.0);
        let history = History::read(&path).unwrap();
        let series = |name: &str, points: &[(u64, f64)]| Series { name: name.into(), points: points.into() };
        assert_eq!(
            history.train,
            [series("loss", &[(10, 2.5), (20, 5.0)]), series("accuracy", &[(10, 0.5), (20, 0.5)])]
        );
        assert_eq!(history.test, [series("loss", &[(10, 7.0)])]);
        assert_eq!((history.last_step, history.seconds), (20, 3.0));
        assert_eq!(history.steps_per_second(), Some(10.0 / 1.5));
    }

    #[test]
    fn the_speed_is_that_of_the_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut log = MetricsLog::open(&path, 0).unwrap();
        let mut follow = History::follow(&path);
        assert_eq!(follow.history().steps_per_second(), None);
        train(&mut log, 10, 4.0);
        follow.poll().unwrap();
        assert_eq!(follow.history().steps_per_second(), Some(2.5));
        // Slow at first.
        for line in 1..=50 {
            train(&mut log, 10 + 10 * line, 100.0 + line as f64);
        }
        follow.poll().unwrap();
        assert_eq!(follow.history().steps_per_second(), Some(10.0));
    }

    #[test]
    fn a_growing_file_is_followed_also_over_a_resumption() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut follow = History::follow(&path);
        assert_eq!(follow.poll().unwrap(), Change::Nothing);
        let mut log = MetricsLog::open(&path, 0).unwrap();
        for step in 1..=100 {
            train(&mut log, step, step as f64);
        }
        assert_eq!(follow.poll().unwrap(), Change::Grown);
        assert_eq!(follow.poll().unwrap(), Change::Nothing);

        // A line is there once its end is.
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"{\"step\":101,\"epoch\":0,\"seconds\"").unwrap();
        assert_eq!(follow.poll().unwrap(), Change::Nothing);
        file.write_all(b":101,\"loss\":1}\n").unwrap();
        assert_eq!(follow.poll().unwrap(), Change::Grown);
        assert_eq!(follow.history().last_step, 101);

        // Resumed, and soon longer than it was: the length alone doesn't show it.
        let mut log = MetricsLog::open(&path, 40).unwrap();
        for step in 41..=150 {
            train(&mut log, step, 40.0 + (step - 40) as f64 / 2.0);
        }
        assert_eq!(follow.poll().unwrap(), Change::Rewritten);
        assert_eq!(steps(&follow.history().train[0]), (1..=150).collect::<Vec<_>>());
        assert_eq!(follow.history().seconds, 40.0 + 55.0);
        assert_eq!(*follow.history(), History::read(&path).unwrap());

        std::fs::remove_file(&path).unwrap();
        assert_eq!(follow.poll().unwrap(), Change::Rewritten);
        assert_eq!(*follow.history(), History::default());
    }

    #[test]
    fn a_wrong_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let good = "{\"step\":10,\"epoch\":0,\"seconds\":1.0,\"loss\":0.5}\n";
        for (line, problem) in [
            ("", "EOF while parsing a value;"),
            ("[1]", "invalid type: sequence, expected an object with a step;"),
            ("{\"epoch\":0}", "missing field `step`;"),
            ("{\"step\":-1}", "invalid value: integer `-1`, expected u64;"),
            ("{\"step\":20,\"loss\":null}", "invalid type: null, expected f64;"),
            ("{\"step\":20,\"loss\":1,\"loss\":2}", "it has `loss` of step 20, and step 20 came before;"),
            ("{\"step\":20,\"test\":{\"loss\":\"a\"}}", "invalid type: string \"a\", expected f64;"),
            ("{\"step\":5,\"loss\":1}", "it has `loss` of step 5, and step 10 came before;"),
            (&"x".repeat(LONGEST), "it has more than 1048576 bytes;"),
        ] {
            std::fs::write(&path, format!("{good}{line}\n{good}")).unwrap();
            let error = History::read(&path).unwrap_err().to_string();
            assert!(error.starts_with("line 2 of ") && error.contains(problem), "{error}");
        }
        assert!(matches!(History::read(folder.path()), Err(HistoryError::Read { .. })));
    }
}
