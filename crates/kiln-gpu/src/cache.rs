//! Compiled shaders, kept in a file from one process to the next.
//!
//! A driver's compiler is the slow part of a pipeline, so what it made is written to the user's cache folder
//! when a device is closed. Whatever is wrong with the folder or the file, there is just no cache then.

use crate::shader;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs, process};

/// A device's pipeline cache and the file it is kept in.
pub struct Cache {
    pub raw: wgpu::PipelineCache,
    file: PathBuf,
    grown: AtomicBool,
}

impl Cache {
    /// The cache for a device, with what the file holds. Only Vulkan has such caches.
    pub fn open(device: &wgpu::Device, adapter: &wgpu::AdapterInfo) -> Option<Cache> {
        if !device.features().contains(wgpu::Features::PIPELINE_CACHE) {
            return None;
        }
        let file = folder(|name| env::var_os(name).map(PathBuf::from))?
            .join(wgpu::util::pipeline_cache_key(adapter)?);
        let kept = fs::read(&file).ok();
        let raw = shader::cache(device, kept.as_deref().and_then(unseal));
        Some(Cache { raw, file, grown: AtomicBool::new(false) })
    }

    /// A pipeline has been compiled.
    pub fn grow(&self) {
        self.grown.store(true, Ordering::Relaxed);
    }

    /// Writes the file, if anything was compiled since it was read.
    pub fn save(&self) {
        if !self.grown.load(Ordering::Relaxed) {
            return;
        }
        let Some(data) = self.raw.get_data() else { return };
        match replace(&self.file, &seal(&data)) {
            Ok(()) => {
                tracing::debug!("{} bytes of compiled shaders kept in {}", data.len(), self.file.display())
            }
            Err(error) => tracing::debug!("compiled shaders aren't kept in {}: {error}", self.file.display()),
        }
    }
}

/// Where the file goes: the folder in `KILN_CACHE_DIR`, or kiln's in the user's cache folder.
fn folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|path| path.is_absolute());
    let user = || {
        if cfg!(windows) {
            set("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            set("HOME").map(|home| home.join("Library/Caches"))
        } else {
            set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))
        }
    };
    variable("KILN_CACHE_DIR").or_else(|| Some(user()?.join("kiln")))
}

/// Writes beside the file and renames, so that no other process sees half of it.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    file.parent().map_or(Ok(()), fs::create_dir_all)?;
    let aside = file.with_extension(process::id().to_string());
    // Nothing that is there already is written to: it could be a link.
    let created = fs::File::create_new(&aside)?.write_all(bytes);
    let written = created.and_then(|()| fs::rename(&aside, file));
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written
}

/// The hash of this version's data.
fn hash(data: &[u8]) -> [u8; 8] {
    let mut hasher = DefaultHasher::new();
    (env!("CARGO_PKG_VERSION"), data).hash(&mut hasher);
    hasher.finish().to_le_bytes()
}

/// Data behind its hash.
fn seal(data: &[u8]) -> Vec<u8> {
    [&hash(data)[..], data].concat()
}

/// The data, if the hash is its own.
fn unseal(bytes: &[u8]) -> Option<&[u8]> {
    let (front, data) = bytes.split_first_chunk::<8>()?;
    (*front == hash(data)).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_data_is_taken() {
        let sealed = seal(b"pipelines");
        assert_eq!(unseal(&sealed), Some(&b"pipelines"[..]));
        assert_eq!(unseal(&sealed[..sealed.len() - 1]), None);
        assert_eq!(unseal(&[&sealed[..], &[0]].concat()), None);
        assert_eq!(unseal(b"short"), None);
    }

    #[test]
    fn a_folder_can_be_named() {
        let named = |name: &str| (name == "KILN_CACHE_DIR").then(|| PathBuf::from("here"));
        assert_eq!(folder(named), Some(PathBuf::from("here")));
        assert_eq!(folder(|_| None), None);
        // One that isn't absolute would depend on where a program is started.
        assert_eq!(folder(|_| Some(PathBuf::from("there"))).as_deref(), Some(Path::new("there")));
        assert_eq!(folder(|name| (name != "KILN_CACHE_DIR").then(|| PathBuf::from("there"))), None);
    }
}
