//! The device a command computes on.

use crate::cli::support::error::CommandError;
use clap::Args;
use kiln::grad::{DType, Device};
use kiln::nn::TensorOptions;
use std::fmt;
use std::str::FromStr;

/// The device to compute on.
#[derive(Debug, Args)]
#[command(next_help_heading = "Computing")]
pub struct DeviceArgs {
    /// Device to compute on: auto (a GPU if there is one, else the CPU), cpu, gpu, or gpu:NAME for the first GPU whose name
    /// contains NAME, as `kiln devices` lists them [default: auto]
    #[arg(long, value_name = "DEVICE", env = "KILN_DEVICE", hide_env_values = true)]
    device: Option<DeviceWord>,
}

/// A device, or nothing: a variable of the environment that is empty counts as one that isn't set.
#[derive(Clone, Debug)]
struct DeviceWord(Option<DeviceChoice>);

impl FromStr for DeviceWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            Ok(DeviceWord(None))
        } else {
            text.parse().map(|choice| DeviceWord(Some(choice)))
        }
    }
}

impl DeviceArgs {
    /// The device that was asked for, or else the one that is known from before, or else the best.
    pub fn or(&self, before: Option<DeviceChoice>) -> DeviceChoice {
        self.device.clone().and_then(|word| word.0).or(before).unwrap_or_default()
    }

    /// Opens the device.
    pub fn open(&self) -> Result<OpenDevice, CommandError> {
        self.or(None).open()
    }
}

/// A device as a user names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A GPU that isn't software, or else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The best GPU, also if it is software, or the first whose name holds this.
    Gpu(Option<String>),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "auto" => Ok(DeviceChoice::Auto),
            None if text == "cpu" => Ok(DeviceChoice::Cpu),
            None if text == "gpu" => Ok(DeviceChoice::Gpu(None)),
            Some(("gpu", name)) if !name.trim().is_empty() => {
                Ok(DeviceChoice::Gpu(Some(name.trim().to_owned())))
            }
            _ => Err("it must be auto, cpu, gpu or gpu:NAME; `kiln devices` lists the names".to_owned()),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            DeviceChoice::Auto => f.write_str("auto"),
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Gpu(None) => f.write_str("gpu"),
            DeviceChoice::Gpu(Some(name)) => write!(f, "gpu:{name}"),
        }
    }
}

/// Reads the CPU or a GPU.
pub fn cpu_or_gpu(text: &str) -> Result<DeviceChoice, String> {
    match text.parse()? {
        DeviceChoice::Auto => Err("it must be cpu, gpu or gpu:NAME".to_owned()),
        choice => Ok(choice),
    }
}

/// An open device.
pub struct OpenDevice {
    /// `f32` on it: what models train in.
    pub options: TensorOptions,
    /// A line to be shown about how the device was chosen.
    pub note: Option<String>,
}

impl OpenDevice {
    fn on(device: &Device, note: Option<String>) -> OpenDevice {
        OpenDevice { options: TensorOptions::new(DType::F32, device), note }
    }
}

impl DeviceChoice {
    /// Opens the device.
    pub fn open(&self) -> Result<OpenDevice, CommandError> {
        match self {
            DeviceChoice::Cpu => Ok(OpenDevice::on(&Device::cpu(), None)),
            DeviceChoice::Gpu(name) => gpu(name.as_deref()),
            DeviceChoice::Auto => auto(),
        }
    }
}

#[cfg(feature = "gpu")]
fn gpu(name: Option<&str>) -> Result<OpenDevice, CommandError> {
    use kiln::gpu::{Adapter, Gpu};
    let adapter = Adapter::choose(name)?;
    let note = adapter.is_software().then(|| {
        format!(
            "warning: {adapter} is no hardware, and many times slower than kiln's own CPU backend; --device cpu takes that"
        )
    });
    Ok(OpenDevice::on(&Device::new(Gpu::open(&adapter)?), note))
}

#[cfg(feature = "gpu")]
fn auto() -> Result<OpenDevice, CommandError> {
    use kiln::gpu::{Adapter, Gpu};
    let Some(adapter) = Adapter::hardware() else {
        let note =
            "computing on the CPU, for there is no GPU; `kiln devices` lists what there is, --device chooses";
        return Ok(OpenDevice::on(&Device::cpu(), Some(note.to_owned())));
    };
    let note = format!("computing on {adapter}; --device cpu takes the CPU instead");
    Ok(OpenDevice::on(&Device::new(Gpu::open(&adapter)?), Some(note)))
}

#[cfg(not(feature = "gpu"))]
fn gpu(_: Option<&str>) -> Result<OpenDevice, CommandError> {
    Err(CommandError::other(
        "this kiln was built without its GPU backend; use --device cpu, or build it with --features gpu",
    ))
}

#[cfg(not(feature = "gpu"))]
fn auto() -> Result<OpenDevice, CommandError> {
    Ok(OpenDevice::on(&Device::cpu(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_as_they_are_written() {
        for text in ["auto", "cpu", "gpu", "gpu:Radeon RX"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
        for text in ["", "GPU", "gpu:", "gpu: ", "cuda", "cpu:0"] {
            assert!(text.parse::<DeviceChoice>().unwrap_err().contains("kiln devices"), "{text:?}");
        }
    }
}
