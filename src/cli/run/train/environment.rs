//! The file `environment.json`: what a run is computed on.

use crate::cli::options::device::DeviceChoice;
use crate::cli::support::error::CommandError;
use crate::cli::support::machine::MachineInfo;
use kiln::nn::TensorOptions;
use kiln::tensor::cpu;
use kiln::train::{RunDir, read_regular};
use serde_json::{Map, Value, json};
use std::time::SystemTime;
use sysinfo::System;

/// The entries that decide the bits of a run, besides its settings and data.
const DECISIVE: [&str; 4] = ["kiln", "device", "element type", "convolutions"];

/// The latest time that is written in four digits of a year: the end of 9999.
const LATEST: u64 = 253_402_300_799;

/// What a run is computed on: an object of texts and numbers.
pub struct Environment(Map<String, Value>);

impl Environment {
    /// What this process computes on.
    pub fn now(options: &TensorOptions) -> Result<Environment, CommandError> {
        let machine = MachineInfo::this();
        // How a GPU convolves is in its name.
        let convolutions = options.device.name() == "cpu";
        let entries = [
            ("kiln", Some(json!(env!("CARGO_PKG_VERSION")))),
            ("begun", written(SystemTime::now()).map(Value::String)),
            ("device", Some(json!(options.device.name()))),
            ("element type", Some(json!(options.dtype.to_string()))),
            ("convolutions", convolutions.then(cpu::convolutions).transpose()?.map(Value::from)),
            ("instructions", Some(json!(cpu::instructions()?))),
            ("threads", Some(json!(rayon::current_num_threads()))),
            ("processor", Some(json!(machine.processor))),
            ("cores", Some(json!(machine.cores))),
            ("memory in GiB", Some(json!((machine.memory_gib * 10.0).round() / 10.0))),
            (
                "system",
                Some(json!(System::long_os_version().unwrap_or_else(|| std::env::consts::OS.to_owned()))),
            ),
        ];
        let known = entries.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Ok(Environment(known.collect()))
    }

    /// What the steps of a run that are done were computed on, as far as its file tells.
    pub fn read(dir: &RunDir) -> Option<Environment> {
        let bytes = read_regular(&dir.environment()).ok()?;
        serde_json::from_slice(&bytes).ok().map(Environment)
    }

    /// The device.
    pub fn device(&self) -> Option<DeviceChoice> {
        self.0.get("device")?.as_str()?.parse().ok()
    }

    /// This for a run that was begun there and goes on here.
    pub fn after(mut self, before: &Environment) -> Environment {
        if let Some(begun) = before.0.get("begun") {
            let resumed = self.0.insert("begun".to_owned(), begun.clone());
            self.0.extend(resumed.map(|time| ("resumed".to_owned(), time)));
        }
        self
    }

    /// A sentence about what is otherwise than it was and decides bits.
    pub fn changed(&self, before: &Environment) -> Option<String> {
        let changed = DECISIVE.into_iter().filter_map(|name| {
            let [is, was] = [self, before].map(|environment| environment.0.get(name)?.as_str());
            let (is, was) = (is?, was?);
            (is != was).then(|| format!("{name} {is} instead of {was}"))
        });
        let changed: Vec<String> = changed.collect();
        (!changed.is_empty()).then(|| {
            format!(
                "going on with {}: from here on the bits are not those of a run that was not stopped",
                changed.join(", ")
            )
        })
    }

    /// The content of the file.
    pub fn to_json(&self) -> Result<String, CommandError> {
        serde_json::to_string_pretty(&self.0).map_err(|error| CommandError::other(error.to_string()))
    }
}

/// A time in words, if the clock has one from 1970 to 9999.
fn written(time: SystemTime) -> Option<String> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since.as_secs() <= LATEST).then(|| humantime::format_rfc3339_seconds(time).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_clock_may_be_anywhere() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        assert_eq!(written(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), None);
        assert_eq!(at(0).and_then(written).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(at(LATEST).and_then(written).as_deref(), Some("9999-12-31T23:59:59Z"));
        assert_eq!(at(LATEST + 1).and_then(written), None);
    }

    #[test]
    fn what_decides_bits_is_compared() {
        let of = |text: &str| Environment(serde_json::from_str(text).unwrap());
        let before = of(r#"{"device":"cpu","convolutions":"auto","begun":"then","threads":1}"#);
        let now = || of(r#"{"device":"cpu","convolutions":"direct","begun":"now","kiln":"9","threads":2}"#);
        let says = "going on with convolutions direct instead of auto: from here on";
        assert!(now().changed(&before).unwrap().starts_with(says));
        assert_eq!(now().changed(&now()), None);
        let after = now().after(&before).0;
        assert_eq!((&after["begun"], &after["resumed"]), (&json!("then"), &json!("now")));
    }
}
