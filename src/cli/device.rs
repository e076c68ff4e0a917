//! Which device a command computes on.

use super::failure::Failure;
use clap::Args;
use kiln::grad::{DType, Device};
use kiln::nn::TensorOptions;
use std::fmt;
use std::str::FromStr;

/// Where to compute.
#[derive(Debug, Args)]
pub struct On {
    /// Where to compute: auto takes a GPU if there is one and else the CPU, gpu:NAME a GPU of that name [default: auto]
    #[arg(long, value_name = "auto|cpu|gpu[:NAME]", env = "KILN_DEVICE", hide_env_values = true)]
    device: Option<Choice>,
}

impl On {
    /// The device that was asked for, or else the one that is known from before, or else the best.
    pub fn or(&self, before: Option<Choice>) -> Choice {
        self.device.clone().or(before).unwrap_or_default()
    }

    /// Opens the device.
    pub fn open(&self) -> Result<Opened, Failure> {
        self.or(None).open()
    }
}

/// A device as a user names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// A GPU that isn't software, or else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The best GPU, also if it is software, or the first whose name holds this.
    Gpu(Option<String>),
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "auto" => Ok(Choice::Auto),
            None if text == "cpu" => Ok(Choice::Cpu),
            None if text == "gpu" => Ok(Choice::Gpu(None)),
            Some(("gpu", name)) if !name.trim().is_empty() => Ok(Choice::Gpu(Some(name.trim().to_owned()))),
            _ => Err("it must be auto, cpu, gpu or gpu:NAME; `kiln devices` lists the names".to_owned()),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Choice::Auto => f.write_str("auto"),
            Choice::Cpu => f.write_str("cpu"),
            Choice::Gpu(None) => f.write_str("gpu"),
            Choice::Gpu(Some(name)) => write!(f, "gpu:{name}"),
        }
    }
}

/// Reads the CPU or a GPU.
pub fn cpu_or_gpu(text: &str) -> Result<Choice, String> {
    match text.parse()? {
        Choice::Auto => Err("it must be cpu, gpu or gpu:NAME".to_owned()),
        choice => Ok(choice),
    }
}

/// An open device.
pub struct Opened {
    /// `f32` on it: what models train in.
    pub options: TensorOptions,
    /// What a person should know about how it was chosen, in one line.
    pub note: Option<String>,
}

impl Opened {
    fn on(device: &Device, note: Option<String>) -> Opened {
        Opened { options: TensorOptions::new(DType::F32, device), note }
    }
}

impl Choice {
    /// Opens the device.
    pub fn open(&self) -> Result<Opened, Failure> {
        match self {
            Choice::Cpu => Ok(Opened::on(&Device::cpu(), None)),
            Choice::Gpu(name) => gpu(name.as_deref()),
            Choice::Auto => auto(),
        }
    }
}

#[cfg(feature = "gpu")]
fn gpu(name: Option<&str>) -> Result<Opened, Failure> {
    use kiln::gpu::{Adapter, Gpu};
    let adapter = Adapter::choose(name)?;
    let note = adapter.is_software().then(|| {
        format!(
            "warning: {adapter} is no hardware, and many times slower than kiln's own CPU backend; --device cpu takes that"
        )
    });
    Ok(Opened::on(&Device::new(Gpu::open(&adapter)?), note))
}

#[cfg(feature = "gpu")]
fn auto() -> Result<Opened, Failure> {
    use kiln::gpu::{Adapter, Gpu};
    let Some(adapter) = Adapter::hardware() else {
        let note =
            "computing on the CPU, for there is no GPU; `kiln devices` lists what there is, --device chooses";
        return Ok(Opened::on(&Device::cpu(), Some(note.to_owned())));
    };
    let note = format!("computing on {adapter}; --device cpu takes the CPU instead");
    Ok(Opened::on(&Device::new(Gpu::open(&adapter)?), Some(note)))
}

#[cfg(not(feature = "gpu"))]
fn gpu(_: Option<&str>) -> Result<Opened, Failure> {
    Err(Failure::other(
        "this kiln was built without its GPU backend; use --device cpu, or build it with --features gpu",
    ))
}

#[cfg(not(feature = "gpu"))]
fn auto() -> Result<Opened, Failure> {
    Ok(Opened::on(&Device::cpu(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_as_they_are_written() {
        for text in ["auto", "cpu", "gpu", "gpu:Radeon RX"] {
            assert_eq!(text.parse::<Choice>().unwrap().to_string(), text);
        }
        for text in ["", "GPU", "gpu:", "gpu: ", "cuda", "cpu:0"] {
            assert!(text.parse::<Choice>().unwrap_err().contains("kiln devices"), "{text:?}");
        }
    }
}
