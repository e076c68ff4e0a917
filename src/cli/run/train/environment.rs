//! The file `environment.json`: what a run is computed on.

use crate::cli::options::device::DeviceChoice;
use crate::cli::support::error::CommandError;
use crate::cli::support::machine::MachineInfo;
use kiln::nn::TensorOptions;
use kiln::train::RunDir;
use serde_json::{Map, Value, json};
use sysinfo::System;

/// The device that a run was computed on, as far as its `environment.json` tells.
pub fn device(dir: &RunDir) -> Option<DeviceChoice> {
    let text = std::fs::read_to_string(dir.environment()).ok()?;
    serde_json::from_str::<Value>(&text).ok()?.get("device")?.as_str()?.parse().ok()
}

/// The content of a run's `environment.json`: an object of texts and numbers.
pub fn describe(options: &TensorOptions) -> Result<String, CommandError> {
    let machine = MachineInfo::this();
    let entries: [(&str, Value); 10] = [
        ("kiln", json!(env!("CARGO_PKG_VERSION"))),
        ("begun", json!(humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string())),
        ("device", json!(options.device.name())),
        ("element type", json!(options.dtype.to_string())),
        ("threads", json!(rayon::current_num_threads())),
        ("processor", json!(machine.processor)),
        ("vector instructions", json!(machine.features.join(" "))),
        ("cores", json!(machine.cores)),
        ("memory in GiB", json!((machine.memory_gib * 10.0).round() / 10.0)),
        ("system", json!(System::long_os_version().unwrap_or_else(|| std::env::consts::OS.to_owned()))),
    ];
    let object: Map<String, Value> =
        entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    serde_json::to_string_pretty(&object).map_err(|error| CommandError::other(error.to_string()))
}
