//! `kiln devices`: what there is to compute on.

use super::environment::Machine;
use super::failure::Failure;
use super::output;
use kiln::grad::Device;
use serde_json::{Value, json};

/// Lists the devices.
pub fn list(as_json: bool) -> Result<(), Failure> {
    let (machine, gpus) = (Machine::this(), gpu::all());
    if as_json {
        let all = std::iter::once(cpu_json(&machine)).chain(gpus.iter().map(gpu::json)).collect();
        return output::print_json(&Value::Array(all));
    }
    let mut text = cpu_text(&machine);
    gpus.iter().for_each(|gpu| text += &gpu::text(gpu));
    if gpus.is_empty() {
        text += &format!("gpu  {}\n", gpu::NONE);
    }
    output::print(&text)
}

fn cpu_types() -> Vec<String> {
    Device::cpu().limits().dtypes.iter().map(ToString::to_string).collect()
}

fn cpu_text(machine: &Machine) -> String {
    let Machine { processor, cores, memory_gib, features } = machine;
    let threads = rayon::current_num_threads();
    format!(
        "cpu  {processor}\n     {cores} cores, {threads} threads, {memory_gib:.0} GiB of memory\n     \
         instructions {}\n     types {}\n",
        features.join(", "),
        cpu_types().join(", "),
    )
}

fn cpu_json(machine: &Machine) -> Value {
    let Machine { processor, cores, memory_gib, features } = machine;
    json!({
        "name": Device::cpu().name(), "processor": processor, "cores": cores,
        "threads": rayon::current_num_threads(), "memory_gib": (memory_gib * 10.0).round() / 10.0,
        "features": features, "types": cpu_types(),
    })
}

/// The GPUs.
#[cfg(feature = "gpu")]
mod gpu {
    pub use kiln::gpu::Adapter as Found;
    use serde_json::{Map, Value, json};

    pub const NONE: &str = Found::NONE;

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

    pub fn all() -> Vec<Found> {
        Found::all()
    }

    pub fn text(adapter: &Found) -> String {
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

    pub fn json(adapter: &Found) -> Value {
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

    pub enum Found {}

    pub const NONE: &str = "this kiln was built without its GPU backend";

    pub fn all() -> Vec<Found> {
        vec![]
    }

    pub fn text(adapter: &Found) -> String {
        match *adapter {}
    }

    pub fn json(adapter: &Found) -> Value {
        match *adapter {}
    }
}
