//! The GPUs of a machine, and which one to take.

use kiln_tensor::{Error, Result};
use std::fmt;

/// A GPU, or a program on the CPU that acts as one.
#[derive(Clone)]
pub struct Adapter {
    pub(crate) inner: wgpu::Adapter,
    info: wgpu::AdapterInfo,
}

impl Adapter {
    /// Sentence for a machine without an adapter.
    pub const NONE: &str = "none was found; install the GPU's Vulkan driver (on Debian `mesa-vulkan-drivers`, \
                            which also brings a software one)";

    /// All adapters, the best first: discrete GPUs, integrated ones, others, then software.
    pub fn all() -> Vec<Adapter> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let found = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
        let computes = |a: &wgpu::Adapter| {
            a.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
        };
        let mut all: Vec<Adapter> = found
            .into_iter()
            .filter(computes)
            .map(|inner| Adapter { info: inner.get_info(), inner })
            .collect();
        all.sort_by_key(Adapter::rank);
        all
    }

    /// The best adapter, or the first whose name holds `name`, whatever the case of its letters. If that is
    /// a software adapter, a warning is logged.
    ///
    /// # Errors
    /// [`Error::NoAdapter`], which lists what was found.
    pub fn choose(name: Option<&str>) -> Result<Adapter> {
        let all = Adapter::all();
        let wanted = name.map(str::to_lowercase);
        let fits = |a: &&Adapter| wanted.as_ref().is_none_or(|name| a.name().to_lowercase().contains(name));
        let chosen = all.iter().find(fits).cloned().ok_or_else(|| missing(name, &all))?;
        if chosen.is_software() {
            tracing::warn!("{chosen} computes on the CPU, many times slower than kiln's own CPU backend");
        }
        Ok(chosen)
    }

    /// The best adapter that isn't software, if there is one.
    pub fn hardware() -> Option<Adapter> {
        Adapter::all().into_iter().find(|a| !a.is_software())
    }

    /// Name of the GPU, as its driver tells it.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Programming interface through which it is reached, such as `vulkan`.
    pub fn interface(&self) -> String {
        self.info.backend.to_string()
    }

    /// Name and version of the driver.
    pub fn driver(&self) -> String {
        format!("{} {}", self.info.driver, self.info.driver_info).trim().to_string()
    }

    /// Whether the adapter is a program on the CPU.
    pub fn is_software(&self) -> bool {
        self.info.device_type == wgpu::DeviceType::Cpu
    }

    /// Limits of the adapter: names and values, in bytes where they are sizes.
    pub fn limits(&self) -> Vec<(&'static str, u64)> {
        let limits = self.inner.limits();
        vec![
            ("buffer", limits.max_buffer_size),
            ("binding", limits.max_storage_buffer_binding_size),
            ("workgroup memory", limits.max_compute_workgroup_storage_size.into()),
            ("workgroup invocations", limits.max_compute_invocations_per_workgroup.into()),
            ("storage buffers", limits.max_storage_buffers_per_shader_stage.into()),
        ]
    }

    /// The names of its optional features.
    pub fn features(&self) -> Vec<&'static str> {
        self.inner.features().iter_names().map(|(name, _)| name).collect()
    }

    fn rank(&self) -> u8 {
        match self.info.device_type {
            wgpu::DeviceType::DiscreteGpu => 0,
            wgpu::DeviceType::IntegratedGpu => 1,
            wgpu::DeviceType::VirtualGpu => 2,
            wgpu::DeviceType::Other => 3,
            wgpu::DeviceType::Cpu => 4,
        }
    }
}

fn missing(name: Option<&str>, all: &[Adapter]) -> Error {
    let list = all.iter().map(Adapter::to_string).collect::<Vec<_>>().join(", ");
    let detail = match name {
        Some(name) if !all.is_empty() => format!("none is called `{name}`; there is {list}"),
        _ => format!("{}, or use `--device cpu`", Adapter::NONE),
    };
    Error::NoAdapter { detail }
}

impl fmt::Display for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let software = if self.is_software() { ", software" } else { "" };
        write!(f, "{} ({}{software})", self.name(), self.interface())
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
