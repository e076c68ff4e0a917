//! What a run runs on.

use super::device::Choice;
use super::failure::Failure;
use kiln::nn::TensorOptions;
use kiln::train::RunDir;
use serde_json::{Map, Value, json};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// The processor and its memory.
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub memory_gib: f64,
    pub features: Vec<&'static str>,
}

impl Machine {
    /// This one.
    pub fn this() -> Machine {
        let kinds = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(kinds);
        let brand = system.cpus().first().map_or("", |cpu| cpu.brand().trim()).to_owned();
        let processor = if brand.is_empty() { std::env::consts::ARCH.to_owned() } else { brand };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let memory_gib = system.total_memory() as f64 / (1u64 << 30) as f64;
        Machine { processor, cores, memory_gib, features: features() }
    }
}

/// The vector instructions that computations can use.
fn features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let known = [
            ("avx512f", is_x86_feature_detected!("avx512f")),
            ("avx2", is_x86_feature_detected!("avx2")),
            ("fma", is_x86_feature_detected!("fma")),
        ];
        known.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
    }
    #[cfg(target_arch = "aarch64")]
    {
        vec!["neon"]
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        Vec::new()
    }
}

/// The device that a run was computed on, as far as its `environment.json` tells.
pub fn device(dir: &RunDir) -> Option<Choice> {
    let text = std::fs::read_to_string(dir.environment()).ok()?;
    serde_json::from_str::<Value>(&text).ok()?.get("device")?.as_str()?.parse().ok()
}

/// The content of a run's `environment.json`: an object of texts and numbers.
pub fn describe(options: &TensorOptions) -> Result<String, Failure> {
    let machine = Machine::this();
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
    serde_json::to_string_pretty(&object).map_err(|error| Failure::other(error.to_string()))
}
