//! `kiln devices`: what there is to compute on.

use crate::cli::help::examples;
use crate::cli::options::json::JsonArgs;
use crate::cli::options::threads;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::machine::MachineInfo;
use crate::cli::support::output;
use clap::Args;
use kiln::grad::Device;
use serde_json::{Value, json};
use std::process::ExitCode;

/// List the devices that kiln can compute on: the CPU and GPUs, with their limits
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("What this machine has", "kiln devices"),
]))]
pub struct DevicesArgs {
    #[command(flatten)]
    json: JsonArgs,
}

impl CommandArgs for DevicesArgs {
    /// Lists the devices.
    fn run(&self) -> Result<ExitCode, CommandError> {
        threads::start_all()?;
        let (machine, gpus) = (MachineInfo::this(), gpu::all());
        if self.json.json {
            let all = std::iter::once(cpu_json(&machine)).chain(gpus.iter().map(gpu::json)).collect();
            output::print_json(&Value::Array(all))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = cpu_text(&machine);
        gpus.iter().for_each(|gpu| text += &gpu::text(gpu));
        if gpus.is_empty() {
            text += &format!("gpu  {}\n", gpu::NONE);
        }
        output::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn cpu_types() -> Vec<String> {
    Device::cpu().limits().dtypes.iter().map(ToString::to_string).collect()
}

fn cpu_text(machine: &MachineInfo) -> String {
    let MachineInfo { processor, cores, memory_gib, features } = machine;
    let threads = rayon::current_num_threads();
    format!(
        "cpu  {processor}\n     {cores} cores, {threads} threads, {memory_gib:.0} GiB of memory\n     \
         instructions {}\n     types {}\n",
        features.join(", "),
        cpu_types().join(", "),
    )
}

fn cpu_json(machine: &MachineInfo) -> Value {
    let MachineInfo { processor, cores, memory_gib, features } = machine;
    json!({
        "name": Device::cpu().name(), "processor": processor, "cores": cores,
        "threads": rayon::current_num_threads(), "memory_gib": (memory_gib * 10.0).round() / 10.0,
        "features": features, "types": cpu_types(),
    })
}

/// The GPUs.
#[cfg(feature = "gpu")]
mod gpu {
    pub use kiln::gpu::Adapter as GpuAdapter;
    use serde_json::{Map, Value, json};

    pub const NONE: &str = GpuAdapter::NONE;

    /// Beginnings of the names of features that have to do with computing; the others are about drawing.
    const COMPUTING: [&str; 7] = [
        "SHADER_F",
        "SHADER_I",
        "SUBGROUP",
        "EXPERIMENTAL_COOPERATIVE_MATRIX",
        "PIPELINE_CACHE",
        "IMMEDIATES",
        "TIMESTAMP_QUERY",
    ];

    pub fn all() -> Vec<GpuAdapter> {
        GpuAdapter::all()
    }

    pub fn text(adapter: &GpuAdapter) -> String {
        let limits: Vec<String> = adapter.limits().iter().map(|(name, most)| limit(name, *most)).collect();
        let features = adapter.features();
        let features = features.iter().filter(|name| COMPUTING.iter().any(|begin| name.starts_with(begin)));
        let features = features.map(|name| name.to_lowercase().replace('_', " ")).collect::<Vec<_>>();
        let taken =
            if adapter.is_software() { "only taken when asked for: --device gpu" } else { "hardware" };
        format!(
            "gpu  {adapter}, {taken}\n     driver {}\n     at most {}\n     features {}\n     types f32, u32\n",
            adapter.driver(),
            limits.join(", "),
            features.join(", ")
        )
    }

    /// A limit, in words.
    fn limit(name: &str, most: u64) -> String {
        match name {
            "buffer" => format!("{} MiB a buffer", most >> 20),
            "binding" => format!("{} MiB a binding", most >> 20),
            "workgroup memory" => format!("{} KiB of memory a workgroup", most >> 10),
            "workgroup invocations" => format!("{most} invocations"),
            _ => format!("{most} {name}"),
        }
    }

    pub fn json(adapter: &GpuAdapter) -> Value {
        let limits: Map<String, Value> =
            adapter.limits().into_iter().map(|(name, most)| (name.to_owned(), json!(most))).collect();
        json!({
            "name": format!("gpu:{}", adapter.name()), "interface": adapter.interface(), "driver": adapter.driver(),
            "software": adapter.is_software(), "limits": limits, "features": adapter.features(),
            "types": ["f32", "u32"],
        })
    }
}

#[cfg(not(feature = "gpu"))]
mod gpu {
    use serde_json::Value;

    pub enum GpuAdapter {}

    pub const NONE: &str = "this kiln was built without its GPU backend";

    pub fn all() -> Vec<GpuAdapter> {
        vec![]
    }

    pub fn text(adapter: &GpuAdapter) -> String {
        match *adapter {}
    }

    pub fn json(adapter: &GpuAdapter) -> Value {
        match *adapter {}
    }
}
