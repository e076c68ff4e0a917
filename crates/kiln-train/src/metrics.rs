//! The metrics of a run, as lines of JSON.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::{TrainError, read_regular, sync_folder, write_atomic};

/// Names and values.
type MetricValues<'a> = &'a [(String, f64)];

/// What a training step reported: `{"step":10,"epoch":0,"seconds":1.25,"loss":0.5}`.
#[derive(Clone, Copy, Debug)]
pub struct TrainRecord<'a> {
    /// Number of steps done then.
    pub step: u64,
    /// The epoch, from 0.
    pub epoch: u64,
    /// How long the run has trained, over all its parts. The only field that differs between two runs of one config.
    pub seconds: f64,
    /// The model's metrics.
    pub metrics: MetricValues<'a>,
}

/// What was measured on the test set: `{"step":10,"epoch":0,"test":{"loss":0.5}}`.
#[derive(Clone, Copy, Debug)]
pub struct TestRecord<'a> {
    /// Number of steps done then.
    pub step: u64,
    /// The epoch, from 0.
    pub epoch: u64,
    /// The model's metrics.
    pub metrics: MetricValues<'a>,
}

/// A line of metrics.
pub trait MetricsRecord: Serialize {
    /// Number of steps done then.
    fn step(&self) -> u64;
}

impl MetricsRecord for TrainRecord<'_> {
    fn step(&self) -> u64 {
        self.step
    }
}

impl MetricsRecord for TestRecord<'_> {
    fn step(&self) -> u64 {
        self.step
    }
}

impl Serialize for TrainRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("step", &self.step)?;
        map.serialize_entry("epoch", &self.epoch)?;
        map.serialize_entry("seconds", &((self.seconds * 1000.0).round() / 1000.0))?;
        for (name, value) in self.metrics {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for TestRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("step", &self.step)?;
        map.serialize_entry("epoch", &self.epoch)?;
        map.serialize_entry("test", &JsonObject(self.metrics))?;
        map.end()
    }
}

struct JsonObject<'a>(MetricValues<'a>);

impl Serialize for JsonObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The file `metrics.jsonl`, open for more lines.
#[derive(Debug)]
pub struct MetricsLog {
    path: PathBuf,
    file: File,
    seconds: f64,
    last_step: u64,
}

impl MetricsLog {
    /// Opens the file to go on after `step`: lines of later steps, which a run that was stopped wrote after
    /// its last checkpoint, are dropped, and so is a line cut off.
    ///
    /// # Errors
    /// When it can't be read or written.
    pub fn open(path: &Path, step: u64) -> Result<MetricsLog, TrainError> {
        let bytes = match read_regular(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            read => read.map_err(TrainError::read(path))?,
        };
        // A line that was cut off may end within a character.
        let text = String::from_utf8_lossy(&bytes);
        let mut last_step = 0;
        let kept: String = text
            .split_inclusive('\n')
            .filter(|line| {
                let at = step_of(line).filter(|at| *at <= step);
                last_step = last_step.max(at.unwrap_or(0));
                at.is_some()
            })
            .collect();
        let seconds = kept.lines().rev().find_map(seconds_of).unwrap_or(0.0);
        if kept != text {
            write_atomic(path, kept.as_bytes())?;
        }
        let file =
            OpenOptions::new().create(true).append(true).open(path).map_err(TrainError::write(path))?;
        path.parent().into_iter().for_each(sync_folder);
        Ok(MetricsLog { path: path.to_owned(), file, seconds, last_step })
    }

    /// Waits until all lines are on the disk, so that none is missing behind a checkpoint that claims them.
    ///
    /// # Errors
    /// When the operating system can't.
    pub fn sync(&self) -> Result<(), TrainError> {
        self.file.sync_data().map_err(TrainError::write(&self.path))
    }

    /// Number of seconds that the run had taken by the last line that was there when this was opened.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Step of the last line; 0 without any.
    pub fn last_step(&self) -> u64 {
        self.last_step
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn add(&mut self, record: &impl MetricsRecord) -> Result<(), TrainError> {
        self.last_step = record.step();
        let line = serde_json::to_string(record).map_err(std::io::Error::from);
        // One write, so that no line is cut off when the program is stopped.
        line.and_then(|line| self.file.write_all(format!("{line}\n").as_bytes()))
            .map_err(TrainError::write(&self.path))
    }
}

fn seconds_of(line: &str) -> Option<f64> {
    serde_json::from_str::<serde_json::Value>(line).ok()?.get("seconds")?.as_f64()
}

/// The step of a line that is whole.
fn step_of(line: &str) -> Option<u64> {
    let record: serde_json::Value = serde_json::from_str(line.strip_suffix('\n')?).ok()?;
    record.get("step")?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_json_in_order_and_later_ones_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut log = MetricsLog::open(&path, 0).unwrap();
        let metrics: MetricValues = &[("loss".to_owned(), 0.5), ("accuracy".to_owned(), 1.0)];
        for step in [10, 20] {
            log.add(&TrainRecord { step, epoch: 1, seconds: 0.12345, metrics }).unwrap();
            log.add(&TestRecord { step, epoch: 1, metrics }).unwrap();
        }
        let expected = concat!(
            "{\"step\":10,\"epoch\":1,\"seconds\":0.123,\"loss\":0.5,\"accuracy\":1.0}\n",
            "{\"step\":10,\"epoch\":1,\"test\":{\"loss\":0.5,\"accuracy\":1.0}}\n"
        );
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(expected));
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"step\":9,").unwrap();
        assert_eq!(log.last_step(), 20);
        assert_eq!(MetricsLog::open(&path, 19).unwrap().last_step(), 10);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    }
}
