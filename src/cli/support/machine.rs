//! The machine that kiln runs on.

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// The processor and its memory.
pub struct MachineInfo {
    pub processor: String,
    pub cores: usize,
    pub memory_gib: f64,
    /// The vector instructions that it has.
    pub features: Vec<&'static str>,
}

impl MachineInfo {
    /// The machine this runs on.
    pub fn this() -> MachineInfo {
        let kinds = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(kinds);
        let brand = system.cpus().first().map_or("", |cpu| cpu.brand().trim()).to_owned();
        let processor = if brand.is_empty() { std::env::consts::ARCH.to_owned() } else { brand };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let memory_gib = system.total_memory() as f64 / (1u64 << 30) as f64;
        MachineInfo { processor, cores, memory_gib, features: features() }
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
